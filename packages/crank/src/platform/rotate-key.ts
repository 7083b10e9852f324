import { acceptanceMessage } from 'crank-verify';
import { actEntry } from './act.ts';
import { identify } from './admit.ts';
import { handoversOf } from './handovers.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

export interface Rotation {
  from: string;
  /** Verifier key from now on. */
  to: string;
  /** Of the hand-over: the last entry that the old key signed. */
  receipt: string;
  index: number;
}

/**
 * Hands the log over to a new key. The old key signs that it does, the new one that it takes over, both in one entry;
 * behind it stands the new key's first. Calls wait meanwhile.
 *
 * Where the node dies in between, the next start goes by what was committed: with the entry, the new key is put in its
 * place; without it, all is as before.
 *
 * @throws CrankError `forbidden`, `unavailable`
 */
export const rotateKey = async (platform: Platform, authorization: string | undefined): Promise<Rotation> => {
  const principal = await identify(platform, authorization);
  const { account, node, recorder, logKey, logFiles, store, log } = platform;
  await permit(platform, principal, 'key.rotate', { type: 'log', account });
  return recorder.exclusively(async ({ size, commit, rekey }) => {
    const from = logKey.vkey;
    const next = await logKey.next();
    const to = next.vkey;
    const acceptance = Buffer.from(await next.sign(acceptanceMessage(from, to, size))).toString('base64');
    // Within the commit the log's row is the one with the old key's last checkpoint.
    const keep = store.db
      .insertInto('handovers')
      .columns(['log', 'idx', 'from_vkey', 'to_vkey', 'checkpoint'])
      .expression((e) =>
        e
          .selectFrom('logs')
          .select((s) => [
            'id',
            s('size', '-', 1).as('idx'),
            s.cast<string>(s.val(from), 'text').as('from_vkey'),
            s.cast<string>(s.val(to), 'text').as('to_vkey'),
            'checkpoint',
          ])
          .where('id', '=', node),
      )
      .compile();
    const handover = actEntry(platform, principal, 'log.rotate-key', { from, to, acceptance }, [keep]);
    const { index } = await commit(handover);
    if (index !== size) throw new Error(`the hand-over of the log stands at ${index} instead of ${size}`);
    await logKey.use(to);
    await rekey();
    logFiles.vkey = to;
    // From here on the log's head is signed by the new key, whether or not anything else happens.
    await commit(actEntry(platform, principal, 'log.key', { vkey: to, handover: handover.id }, []));
    await logFiles.writeHandovers(await handoversOf(platform));
    log.warn({ from, to, index }, 'the log was handed over to a new key');
    return { from, to, receipt: handover.id, index };
  });
};
