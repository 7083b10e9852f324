import type { CrankClient, CrankJob, Operation, Progress, VerifiedReceipt } from 'crank-sdk';
import { NotVerified, ServiceFailed } from 'crank-sdk';
import type { Pinned } from '../session/pinned-key.ts';

/** How far a run is, and what came of it. */
export interface RunState {
  phase: 'running' | 'done' | 'failed';
  progress?: Progress | undefined;
  /** Of a job: `queued`, `running`, ... */
  state?: string;
  job?: CrankJob;
  call?: string | undefined;
  /** Items so far, where it streams. */
  items?: unknown[];
  value?: unknown;
  error?: unknown;
  timing?: Readonly<Record<string, number>>;
  receipt?: VerifiedReceipt | undefined;
  /** Milliseconds as the browser saw it. */
  took?: number;
}

export interface Wanted {
  service: string;
  version: string | undefined;
  operation: Operation | Omit<Operation, 'example'>;
  args: Record<string, unknown>;
  asJob: boolean;
}

/** Items that are kept of a stream; more would fill the page. */
const ITEMS = 1_000;

/**
 * Makes a call and tells how it goes. Its receipt is fetched and verified here, against the bytes that were sent and answered: by
 * `trust`, and not by the node's word.
 */
export const run = async (
  client: CrankClient,
  trust: Pinned,
  { service, version, operation, args, asJob }: Wanted,
  signal: AbortSignal,
  tell: (state: RunState) => void,
): Promise<void> => {
  const began = performance.now();
  let state: RunState = { phase: 'running' };
  const say = (more: Partial<RunState>): void => {
    state = { ...state, ...more };
    tell(state);
  };
  const options = { version, signal, verify: trust, bigint: true };
  say({});
  try {
    if (asJob) {
      const job = await client.submit(service, operation.name, args, options);
      say({ job, call: job.id });
      for await (const { state, progress } of job.follow({ signal })) say({ state, progress: progress ?? undefined });
      say({ ...(await job.result({ signal })) });
    } else if (operation.result === 'stream') {
      const stream = client.stream(service, operation.name, args, {
        ...options,
        onProgress: (progress) => say({ progress }),
      });
      const items: unknown[] = [];
      let shown = 0;
      for await (const item of stream) {
        if (items.length < ITEMS) items.push(item);
        // A page that changes with every item does nothing else.
        if (performance.now() - shown < 100) continue;
        shown = performance.now();
        say({ items: [...items], call: stream.call });
      }
      const receipt = await client.receipts.verify(stream.call!, trust);
      say({ items, call: stream.call, receipt });
    } else {
      say({ ...(await client.call(service, operation.name, args, options)) });
    }
    say({ phase: 'done', took: performance.now() - began });
  } catch (error) {
    say({ phase: 'failed', error, took: performance.now() - began, ...failedCall(error, state.call) });
    const { call } = state;
    // What failed has a receipt too.
    if (call !== undefined && !(error instanceof NotVerified))
      await client.receipts.verify(call, trust).then(
        (receipt) => say({ receipt }),
        () => undefined,
      );
  }
};

const failedCall = (error: unknown, call: string | undefined): { call?: string } => {
  const known = error instanceof ServiceFailed ? error.call : ((error as { call?: string }).call ?? call);
  return known === undefined ? {} : { call: known };
};
