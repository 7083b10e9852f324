import { Unreachable } from './errors.ts';
import type { Problem } from './generated/api.ts';

/** The last frame of a stream: how the call ended. */
export interface StreamEnd {
  call: string;
  /** Path of the receipt; absent where none could be had. */
  receipt?: string;
  /** `ok` or an error code. */
  outcome: string;
  items: number;
  error?: Problem;
}

const FRAME = '{"$crank":';

/** An item never begins so: the node puts a space before one that would. */
export const frameIn = (line: string): StreamEnd | undefined =>
  line.startsWith(FRAME) ? (JSON.parse(line) as { $crank: StreamEnd }).$crank : undefined;

export const brokenOff = (cause?: unknown): Unreachable =>
  new Unreachable(
    'unavailable',
    'The stream broke off before its end: its items are not all, and there may be no receipt.',
    {
      retry: 'same-key',
      cause,
    },
  );
