import { afterAll, beforeAll, expect, it } from 'vitest';
import { runName } from '#src/core/run-name.ts';
import { sweepRuns } from '#src/platform/run/sweep-runs.ts';
import { type Door, openDoor, operation } from '../http/stand-in.ts';

const HOUR = 3_600_000;
const RUN = runName(`sha256:${'cd'.repeat(32)}`);
let door: Door;

beforeAll(async () => {
  door = await openDoor([operation('run')], () => ({ type: 'value', json: Buffer.from('1') }));
  const { db } = door.platform.store;
  const created = Date.now() - 2 * HOUR;
  const at = { account: 'acme', service: RUN, digest: `sha256:${'ef'.repeat(32)}` };
  const { manifest } = await db.selectFrom('versions').select('manifest').executeTakeFirstOrThrow();
  await db
    .insertInto('services')
    .values({ account: 'acme', name: RUN, description: '', created_at: created })
    .execute();
  await db
    .insertInto('versions')
    .values({ ...at, manifest, findings: '[]', created_at: created, created_by: 'key_x' })
    .execute();
  await db
    .insertInto('aliases')
    .values({ ...at, alias: 'latest' })
    .execute();
});
afterAll(() => door.close());

const names = async (): Promise<string[]> =>
  (await door.platform.store.db.selectFrom('services').select('name').orderBy('name').execute()).map(
    ({ name }) => name,
  );

it('code that was run within the hour stays, and goes after it, with a receipt', async () => {
  door.platform.runs.used('acme', RUN);
  await sweepRuns(door.platform);
  expect(await names()).toEqual([RUN, 'things']);
  door.platform.runs.forget('acme', RUN);
  await sweepRuns(door.platform);
  expect(await names()).toEqual(['things']);
  expect(JSON.parse(door.entries.at(-1)!.statement).predicate).toMatchObject({
    kind: 'service.remove',
    principal: { kind: 'node' },
    object: { service: RUN },
  });
});
