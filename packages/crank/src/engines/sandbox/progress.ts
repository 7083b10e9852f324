import { performance } from 'node:perf_hooks';
import type { Progress } from '#src/core/progress.ts';
import { ProtocolViolation } from './frames.ts';

/** Takes the PROGRESS frames of one call, which may be anything, and passes on what whoever waits can bear. */
export interface ProgressRelay {
  /** @throws ProtocolViolation where it is none, or one too many */
  take(body: Buffer): void;
  /** The call has ended: passes on what was held back. */
  close(): void;
}

/** Milliseconds between two that are passed on; of those in between the last one is. */
const pace = 100;
/** What a call may send. Its runtime sends 20 at once and then 10 a second; read late, they come in heaps. */
const [atOnce, perSecond] = [1000, 100];
const longestMessage = 1000;

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** What would end a line, or move a terminal's cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

export const createProgressRelay = (
  onProgress: ((progress: Progress) => void) | undefined,
  now: () => number = () => performance.now(),
): ProgressRelay => {
  const began = now();
  let count = 0;
  let fraction: number | null = null;
  let held: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;

  const pass = (): void => {
    if (held !== undefined) onProgress?.(held);
    held = undefined;
  };
  const paced = (): void => {
    timer = undefined;
    if (held === undefined) return;
    pass();
    timer = setTimeout(paced, pace);
  };

  return {
    take: (body) => {
      if (++count > atOnce + (perSecond * (now() - began)) / 1000) {
        throw new ProtocolViolation('more progress than a call may tell of');
      }
      const { share, message } = parseProgress(body);
      if (share !== null) fraction = Math.max(share, fraction ?? 0);
      if (onProgress === undefined) return;
      held = { fraction, message };
      if (timer !== undefined) return;
      pass();
      timer = setTimeout(paced, pace);
    },
    close: () => {
      clearTimeout(timer);
      pass();
    },
  };
};

const parseProgress = (body: Buffer): { share: number | null; message: string } => {
  if (body.length < 8 || body.length > 8 + longestMessage) throw new ProtocolViolation('progress of no such length');
  const share = body.readDoubleLE(0);
  if (share < 0 || share > 1) throw new ProtocolViolation('progress beyond all measure');
  try {
    const message = utf8.decode(body.subarray(8)).replace(controls, ' ');
    return { share: Number.isNaN(share) ? null : share, message };
  } catch {
    throw new ProtocolViolation('progress whose message is no text');
  }
};
