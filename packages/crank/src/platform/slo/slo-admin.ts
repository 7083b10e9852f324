import { CrankError } from '#src/core/error.ts';
import type { SloRow } from '#src/store/schema-slo.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import { newAlertSecret } from '../alert-secret.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { kinds, type SloKind } from './objective.ts';
import { type SloState, secretContext } from './slo-watch.ts';

export { kinds, type SloKind, thresholds } from './objective.ts';

/** What somebody promises. */
export interface WantedSlo {
  target: number;
  /** Seconds; of latency. */
  threshold: number | undefined;
  webhook: string | undefined;
}

export interface SloInfo {
  service: string;
  /** `promise` is the platform's own. */
  objective: SloKind | 'promise';
  target: number;
  thresholdMs: number | null;
  webhook: string | null;
  /** On the node that answers: how many times faster than allowed the error budget goes, by window. */
  burn: Readonly<Record<string, number>>;
  /** `page`, `ticket`, or null where nothing is told. */
  alert: string | null;
}

/** Sets an objective of a service, or replaces it. @throws CrankError `forbidden`, `not-found`, `invalid-input` */
export const setSlo = async (
  platform: Platform,
  authorization: string | undefined,
  { service, objective, read }: { service: string; objective: string; read: (kind: SloKind) => Promise<WantedSlo> },
): Promise<{ service: string; objective: SloKind; receipt: string; secret?: string }> => {
  const { principal, account, kind } = await permitted(platform, authorization, service, objective);
  const wanted = await read(kind);
  const { db } = platform.store;
  const at = { account, service, kind };
  const secret =
    wanted.webhook === undefined ? undefined : await newAlertSecret(platform.deliveries.wrapper, secretContext(at));
  const row: SloRow = {
    ...at,
    target: wanted.target,
    threshold: wanted.threshold ?? null,
    webhook: wanted.webhook ?? null,
    wrapped_by: secret?.wrapped_by ?? null,
    wrapped: secret?.wrapped ?? null,
    sealed: secret?.sealed ?? null,
    created_at: Date.now(),
    created_by: principal.id,
  };
  const { account: _a, service: _s, kind: _k, ...changed } = row;
  const receipt = await act(
    platform,
    principal,
    'slo.set',
    { service, objective: kind, target: row.target, threshold: row.threshold, webhook: row.webhook },
    [
      db
        .insertInto('slos')
        .values(row)
        .onConflict((c) => c.columns(['account', 'service', 'kind']).doUpdateSet(changed))
        .compile(),
    ],
  );
  await platform.slos.changed();
  return { service, objective: kind, receipt, ...(secret && { secret: secret.secret }) };
};

/** @throws CrankError `forbidden`, `not-found` */
export const removeSlo = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  objective: string,
): Promise<{ receipt: string }> => {
  const { principal, account, kind } = await permitted(platform, authorization, service, objective);
  const { db } = platform.store;
  const row = await db
    .selectFrom('slos')
    .select('kind')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('kind', '=', kind)
    .executeTakeFirst();
  if (row === undefined) throw new CrankError('not-found', `Nobody set an objective of ${kind} for ${service}.`);
  const removal = db
    .deleteFrom('slos')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('kind', '=', kind);
  const receipt = await act(platform, principal, 'slo.remove', { service, objective: kind }, [removal.compile()]);
  await platform.slos.changed();
  return { receipt };
};

/** Objectives of the account's services: what was set, and the platform's promise where there were calls. */
export const listSlos = async (platform: Platform, authorization: string | undefined): Promise<SloInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.read', { type: 'service', account });
  const rows = await platform.store.db.selectFrom('slos').selectAll().where('account', '=', account).execute();
  const states = platform.slos.states(account);
  const stateOf = (service: string, name: string): SloState | undefined =>
    states.find((state) => state.service === service && state.objective.name === name);
  const own = rows.map((row) =>
    infoOf(
      { service: row.service, objective: row.kind as SloKind, target: row.target, webhook: row.webhook },
      row.threshold,
      stateOf(row.service, row.kind),
    ),
  );
  const promises = states
    .filter(({ objective }) => objective.name === 'promise')
    .map((state) => {
      const { name, target, threshold } = state.objective;
      return infoOf({ service: state.service, objective: name, target, webhook: null }, threshold ?? null, state);
    });
  return [...own, ...promises].sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
};

const infoOf = (
  head: Pick<SloInfo, 'service' | 'objective' | 'target' | 'webhook'>,
  threshold: number | null,
  state: SloState | undefined,
): SloInfo => ({
  ...head,
  thresholdMs: threshold === null ? null : threshold * 1e3,
  burn: Object.fromEntries(
    Object.entries(state?.burn ?? {}).map(([minutes, rate]) => [`${minutes}m`, Math.round(rate * 100) / 100]),
  ),
  alert: state?.severity ?? null,
});

const permitted = async (platform: Platform, authorization: string | undefined, service: string, objective: string) => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'service.objective', { type: 'service', account, service });
  const row = await platform.store.db
    .selectFrom('services')
    .select('name')
    .where('account', '=', account)
    .where('name', '=', service)
    .executeTakeFirst();
  if (row === undefined)
    throw new CrankError('not-found', `There is no service ${service.slice(0, 80)} in ${account}.`);
  const kind = kinds.find((one) => one === objective);
  if (kind === undefined) throw new CrankError('not-found', `There are objectives of ${kinds.join(' and ')}.`);
  return { principal, account, kind };
};
