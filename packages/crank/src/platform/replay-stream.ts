import { startCommitment } from '#src/engines/audit/commitment.ts';
import type { StreamSink } from './call.ts';
import { itemEvent, itemLine } from './item-line.ts';

/** A stream that nobody reads: only what its bytes would commit to is wanted. */
export interface ReplayedStream {
  sink: StreamSink;
  /** Whether its items, in one of the forms in which streams are sent, give this commitment (`sha256:...`). */
  gives(commitment: string): boolean;
}

/** The receipt does not say in which form a stream went out: lines (also those of jobs), events, or as tools of agents get them. */
export const replayedStream = (salt: Buffer): ReplayedStream => {
  const forms = [itemLine, itemEvent, (json: Uint8Array) => json].map((encode) => ({
    encode,
    sent: startCommitment(salt),
  }));
  return {
    sink: {
      encode: (json) => {
        for (const { encode, sent } of forms) sent.update(encode(json));
        return itemLine(json);
      },
      write: async () => undefined,
    },
    gives: (commitment) => forms.some(({ sent }) => sent.finish().commitment === commitment),
  };
};
