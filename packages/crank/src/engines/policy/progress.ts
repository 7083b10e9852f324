export const PROGRESS_BYTES = 16;

/** What a thread that evaluates tells whoever waits for it, in memory that both see. */
export const progressIn = (
  buffer: SharedArrayBuffer,
): {
  /** The number of the rule being asked, so that a runaway can be named. */
  asked: Int32Array;
  /** Microseconds of CPU that the thread had used when it began with the question, or was ready for the next. */
  since: Float64Array;
} => ({ asked: new Int32Array(buffer, 0, 1), since: new Float64Array(buffer, 8, 1) });
