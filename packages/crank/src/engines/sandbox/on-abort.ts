import { performance } from 'node:perf_hooks';
import type { Receiver } from './receiver.ts';

/** What an aborted signal makes of a call. */
export const abortOutcome = (signal: AbortSignal): { code: 'timeout' | 'cancelled'; detail: string } =>
  signal.reason === 'timeout'
    ? { code: 'timeout', detail: 'The deadline that the caller set passed before the call was done: allow more time.' }
    : { code: 'cancelled', detail: 'The call was cancelled.' };

/** Stops a call when its signal is aborted; returns what forgets that again. */
export const onAbort = (signal: AbortSignal, receiver: Receiver, stop: () => void): (() => void) => {
  const abort = (): void => {
    receiver.stopped ??= { ...abortOutcome(signal), at: performance.now() };
    stop();
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
};
