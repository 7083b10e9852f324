/** Two processes append to the same log: the second must stop, or the log would fork. */
export class LogConflict extends Error {
  override readonly name = 'LogConflict';
  constructor(log: string) {
    super(`the log ${log} was extended by another process: stop one of the two nodes that use this data`);
  }
}
