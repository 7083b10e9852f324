import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeNames, type Names } from '#src/platform/names.ts';
import type { MoveRow } from '#src/store/schema.ts';
import { type Door, openDoor, operation } from '../http/stand-in.ts';

describe('changing what names stand for', () => {
  const at = { account: 'acme', service: 'things' };
  const principal = { id: 'key_1', name: 'k', kind: 'user', account: 'acme', role: 'owner' } as const;
  const digest = `sha256:${'ab'.repeat(32)}`;
  let door: Door;
  beforeAll(async () => {
    door = await openDoor([operation('run')], () => ({ type: 'value', json: Buffer.from('1') }));
  });
  afterAll(() => door.close());

  /** What another node does meanwhile. */
  const elsewhere = async (names: Names, alias: string): Promise<void> => {
    const { db } = door.platform.store;
    const moved = { moved_at: 1, moved_by: 'key_2', receipt: 'act_2', previous: null, kind: 'set' };
    await db
      .insertInto('moves')
      .values({ ...at, ...moved, seq: names.seq + 1, alias, digest })
      .execute();
    await db
      .insertInto('aliases')
      .values({ ...at, alias, digest, set_at: 1, set_by: 'key_2' })
      .execute();
  };

  it('is decided again where another node was first', async () => {
    const seen: Names[] = [];
    const receipt = await changeNames(door.platform, principal, at, async (names) => {
      seen.push(names);
      if (seen.length === 1) await elsewhere(names, 'theirs');
      const previous = names.aliases.get('theirs') ?? null;
      return { act: 'service.alias', object: { previous }, moves: [{ kind: 'set', alias: 'ours', digest }] };
    });
    expect(seen.map(({ seq, aliases }) => [seq, aliases.has('theirs')])).toEqual([
      [0, false],
      [1, true],
    ]);
    const moves = await door.platform.store.db.selectFrom('moves').selectAll().orderBy('seq').execute();
    expect(moves.map(({ seq, alias }: MoveRow) => [seq, alias])).toEqual([
      [1, 'theirs'],
      [2, 'ours'],
    ]);
    expect(moves[1]!.receipt).toBe(receipt);
  });

  it('gives up where that never ends, and fails at once for any other reason', async () => {
    let tries = 0;
    const endless = changeNames(door.platform, principal, at, async (names) => {
      await elsewhere(names, `other-${tries++}`);
      return { act: 'service.alias', object: {}, moves: [{ kind: 'set', alias: 'ours', digest }] };
    });
    await expect(endless).rejects.toMatchObject({ code: 'version-conflict' });
    expect(tries).toBe(8);
    let decided = 0;
    const broken = changeNames(door.platform, principal, at, () => {
      decided++;
      const queries = [{ sql: 'insert into nowhere values (1)', parameters: [] }] as never;
      return { act: 'service.alias', object: {}, moves: [{ kind: 'set', alias: 'ours', digest }], queries };
    });
    await expect(broken).rejects.toThrow('nowhere');
    expect(decided).toBe(1);
  });
});
