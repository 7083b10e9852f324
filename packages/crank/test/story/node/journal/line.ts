/** One request. */
export interface Entry {
  host: string;
  time: Date;
  method: string;
  path: string;
  status: number;
  /** Of the answer's body; absent where the log has none. */
  bytes?: number;
}

const FORM = /^(\S+) \S+ \S+ \[(\d+)\/(\w+)\/(\d+):([\d:]+) ([+-]\d{2})(\d{2})\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)/;

export const parseLine = (line: string): Entry | undefined => {
  const [, host, day, month, year, clock, hours, minutes, method, path, status, bytes] = FORM.exec(line) ?? [];
  if (host === undefined) return undefined;
  return {
    host,
    time: new Date(`${day} ${month} ${year} ${clock} GMT${hours}${minutes}`),
    method: method!,
    path: path!,
    status: Number(status),
    ...(bytes !== '-' && { bytes: Number(bytes) }),
  };
};
