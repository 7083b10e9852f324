import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** The machine in one line, as every published figure names it. */
export const machine = (): string =>
  `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}; client and server on the same cores`;

/** A table in Markdown. */
export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
