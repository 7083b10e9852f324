import { setTimeout as wait } from 'node:timers/promises';
import { CrankError } from '#src/core/error.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import type { Context } from './command.ts';

const AGAIN_MS = 1_000;
/** A node that is started anew is back within this time. */
const PATIENCE_MS = 120_000;

/** Waits for a job's end, and shows how far it is. A connection that breaks is made again. */
export const followJob = async (context: Context, id: string): Promise<JobInfo> => {
  let lost: number | undefined;
  let shown = '';
  for (;;) {
    try {
      for await (const job of eventsOf(context, id)) {
        lost = undefined;
        const now = stepOf(job);
        if (now !== shown) context.progress(now);
        shown = now;
        if (job.state === 'ended') return job;
      }
    } catch (error) {
      if (!(error instanceof CrankError) || error.code !== 'unavailable') throw error;
      lost ??= Date.now();
      if (Date.now() - lost > PATIENCE_MS) throw error;
    }
    await wait(AGAIN_MS, undefined, { signal: context.signal }).catch(() => {
      throw new CrankError('cancelled', `Stopped waiting; the job goes on: \`crank job ${id}\` shows it.`);
    });
  }
};

async function* eventsOf(context: Context, id: string): AsyncGenerator<JobInfo, void, void> {
  const { signal } = context;
  const response = await context.client.send(`/v1/jobs/${encodeURIComponent(id)}/events`, { signal });
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body!) {
      const events = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = events.pop()!;
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) yield JSON.parse(data) as JobInfo;
      }
    }
  } catch (error) {
    if (signal.aborted)
      throw new CrankError('cancelled', `Stopped waiting; the job goes on: \`crank job ${id}\` shows it.`);
    throw new CrankError('unavailable', 'The connection broke off.', { cause: error });
  }
}

/** Where a job is, on a line. */
export const stepOf = ({ state, progress, outcome }: JobInfo): string => {
  if (state === 'ended') return `ended: ${outcome}`;
  const { fraction = null, message = '' } = progress ?? {};
  const share = fraction === null ? '' : ` ${Math.floor(fraction * 100)}%`;
  return `${state}${share}${message && ` ${message}`}`;
};
