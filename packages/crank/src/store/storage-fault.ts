/** SQLite's primary result codes (sqlite.org/rescode.html) for a disk that cannot be written: IOERR, FULL, CANTOPEN, READONLY. */
const SQLITE = new Set([8, 10, 13, 14]);
/** Classes of PostgreSQL's SQLSTATE: connection gone, out of resources (disk full among them), operator's intervention, system error. */
const POSTGRES = /^(08|53|57|58)/;
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT']);

/** Whether the fault lies with disk or database rather than with what was to be written: later it may go. */
export const isStorageFault = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: number; code?: unknown };
  if (errcode !== undefined) return SQLITE.has(errcode & 0xff);
  if (typeof code === 'string') return POSTGRES.test(code) || NETWORK.has(code);
  return error.message.startsWith('Connection terminated');
};
