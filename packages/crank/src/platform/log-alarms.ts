import { sha256Hex } from '#src/core/digest.ts';
import { act, nodePrincipal } from './act.ts';
import type { Platform } from './platform.ts';

export interface LogAlarm {
  /** The log with two histories. */
  log: string;
  /** What was seen, in a sentence. */
  what: string;
  /** Signed notes that prove it. */
  evidence: string;
}

/** Alarms of one log that are kept: it is found out by the first. */
const MOST = 100;

/** What an alarm needs of the platform. */
export type Alarming = Pick<Platform, 'node' | 'account' | 'store' | 'recorder' | 'log'>;

/**
 * Raises the alarm that a log was forked or cut: in the node's output, in `/metrics`, in `crank log witness list`, in
 * `crank doctor`, and for good in the node's own log. The same alarm is raised once.
 */
export const raiseAlarm = async (platform: Alarming, alarm: LogAlarm): Promise<void> => {
  const { node, account, store, log } = platform;
  const id = sha256Hex(`${node}\n${alarm.log}\n${alarm.what}`);
  const known = await store.db.selectFrom('log_alarms').select('id').where('id', '=', id).executeTakeFirst();
  if (known !== undefined) return;
  const { raised } = await store.db
    .selectFrom('log_alarms')
    .select((e) => e.fn.countAll().as('raised'))
    .where('node', '=', node)
    .where('log', '=', alarm.log)
    .executeTakeFirstOrThrow();
  if (Number(raised) >= MOST) return;
  log.error({ alarm: alarm.what, ofLog: alarm.log, evidence: alarm.evidence }, 'ALARM: a log has two histories');
  const row = { id, node, ...alarm, raised_at: Date.now() };
  const keep = store.db
    .insertInto('log_alarms')
    .values(row)
    .onConflict((c) => c.column('id').doNothing());
  await act(platform, nodePrincipal(platform, account), 'security.log-alarm', { ...alarm }, [keep.compile()]);
};

/** Alarms that this node raised, the newest first. */
export const alarmsOf = async ({ node, store }: Pick<Platform, 'node' | 'store'>) => {
  const rows = await store.db
    .selectFrom('log_alarms')
    .selectAll()
    .where('node', '=', node)
    .orderBy('raised_at', 'desc')
    .execute();
  return rows.map(({ log, what, evidence, raised_at }) => ({
    log,
    what,
    evidence,
    raised: new Date(raised_at).toISOString(),
  }));
};
