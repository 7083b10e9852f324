import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { type Committing, startCommitment } from '#src/engines/audit/commitment.ts';
import type { CallRequest, StreamSink } from './call.ts';
import { itemChecker } from './call-output.ts';
import { openingEntry } from './call-record.ts';
import type { CallState } from './call-state.ts';
import type { Platform } from './platform.ts';

/** A streamed answer under way. */
export interface OpenStream {
  onItem(json: Uint8Array): Promise<void>;
  /** Id of the opening receipt, once the first byte may go out. */
  opening: string | undefined;
  items: number;
  /** Over the bytes sent. */
  sent: Committing;
  /** Why the stream was ended by the platform. */
  error: CrankError | undefined;
  /** Sends the head now where no item came. */
  begin(): Promise<void>;
}

/** The stream of a call: its opening receipt is durable before the first byte goes out; each item is checked, hashed and sent in order. */
export const openStream = (
  platform: Platform,
  state: CallState,
  request: CallRequest,
  stop: AbortController,
): OpenStream => {
  let sink: StreamSink | undefined;
  const check = itemChecker(platform, state);
  const begin = async (): Promise<StreamSink> => {
    if (sink === undefined) {
      // A job has its opening since it was taken.
      const opening = request.job === undefined ? newId('open') : state.predecessor!;
      if (request.job === undefined) await platform.recorder.commit(openingEntry(state, platform, opening));
      stream.opening = opening;
      sink = request.open({ id: state.id, version: state.target.digest });
    }
    return sink;
  };
  const stream: OpenStream = {
    opening: undefined,
    items: 0,
    sent: startCommitment(state.salts.subject),
    error: undefined,
    begin: async () => {
      await begin();
    },
    onItem: async (json) => {
      if (stop.signal.aborted) return;
      try {
        const checked = await check(json);
        const to = await begin();
        const bytes = to.encode(checked);
        stream.sent.update(bytes);
        state.keeps?.sent(bytes);
        stream.items += 1;
        await to.write(bytes);
      } catch (error) {
        stream.error =
          error instanceof CrankError
            ? error
            : new CrankError('internal', 'The stream could not be sent.', { cause: error });
        stop.abort('cancelled');
      }
    },
  };
  return stream;
};
