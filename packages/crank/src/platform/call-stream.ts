import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Progress } from '#src/core/progress.ts';
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
  sentBytes: number;
  /** Over the bytes sent. */
  sent: Committing;
  /** Why the stream was ended by the platform. */
  error: CrankError | undefined;
  /** Sends items that wait for what would follow them: nothing does. */
  end(): Promise<void>;
  /** Sends the head now where no item came. */
  begin(): Promise<void>;
  /** Sends how far the call is, where that has a place in the stream; of several that wait for their turn, the last one. */
  progress: ((progress: Progress) => void) | undefined;
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>;
}

/** The stream of a call: its opening receipt is durable before the first byte goes out; each item is checked, hashed and sent in order. */
export const openStream = (
  platform: Platform,
  state: CallState,
  request: CallRequest,
  stop: AbortController,
): OpenStream => {
  let sink: StreamSink | undefined;
  const checker = itemChecker(platform, state);
  const begin = async (): Promise<StreamSink> => {
    if (sink === undefined) {
      // A job has its opening since it was taken.
      const opening = request.job === undefined ? newId('open') : state.predecessor!;
      if (request.job === undefined) await platform.recorder.commit(openingEntry(state, platform, opening));
      stream.opening = opening;
      sink = request.open({
        id: state.id,
        version: state.target.digest,
        quotas: state.quotas,
        ...(state.trace && { trace: state.trace.own }),
      });
    }
    return sink;
  };
  let turn = Promise.resolve();
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    turn = turn.then(act);
    return turn;
  };

  /** Sends what `prepare` gives, or ends the stream with what it throws. */
  const send = async (
    items: number,
    prepare: () => Promise<((to: StreamSink) => Uint8Array) | undefined>,
  ): Promise<void> => {
    if (stop.signal.aborted) return;
    try {
      const encode = await prepare();
      if (encode === undefined) return;
      const to = await begin();
      const bytes = encode(to);
      stream.sent.update(bytes);
      state.keeps?.sent(bytes);
      stream.items += items;
      stream.sentBytes += bytes.length;
      await to.write(bytes);
    } catch (error) {
      const told = state.redactor === undefined ? error : await state.redactor.error(error);
      stream.error =
        told instanceof CrankError
          ? told
          : new CrankError('internal', 'The stream could not be sent.', { cause: told });
      stop.abort('cancelled');
    }
  };

  const sendAll = async (prepare: () => Promise<Uint8Array[]>): Promise<void> => {
    let items: Uint8Array[] = [];
    await send(0, async () => {
      items = await prepare();
      return undefined;
    });
    for (const item of items) await send(1, async () => (to) => to.encode(item));
  };

  const { encodeProgress } = request;
  let latest: Progress | undefined;
  const tell = (progress: Progress): void => {
    const waits = latest !== undefined;
    latest = progress;
    if (waits) return;
    void inTurn(() =>
      send(0, async () => {
        const bytes = encodeProgress!(latest!);
        latest = undefined;
        return () => bytes;
      }),
    );
  };

  const stream: OpenStream = {
    opening: undefined,
    items: 0,
    sentBytes: 0,
    sent: startCommitment(state.salts.subject),
    error: undefined,
    begin: async () => {
      await begin();
    },
    onItem: (json) => inTurn(() => sendAll(() => checker.check(json))),
    end: () => inTurn(() => sendAll(async () => checker.end())),
    progress: encodeProgress === undefined ? undefined : tell,
    idle: () => turn,
  };
  return stream;
};
