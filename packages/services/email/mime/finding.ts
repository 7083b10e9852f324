/** Something about a message that is not as its RFC says, and what was made of it. */
export interface Finding {
  /** Stable, for machines: `no-boundary`, `bad-base64`, ... */
  code: string;
  detail: string;
}

/** Findings that are kept of one message: a broken one may have one on every line. */
const MOST = 50;

export class Findings {
  readonly list: Finding[] = [];

  add(code: string, detail: string): void {
    if (this.list.length < MOST && !this.list.some((one) => one.code === code && one.detail === detail))
      this.list.push({ code, detail });
  }
}
