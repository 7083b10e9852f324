import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { CrankError, catalogue, type ErrorCode } from '#src/core/error.ts';
import type { Problem } from '#src/core/problem.ts';
import type { Context } from './command.ts';
import { explain } from './explain.ts';

const LAST = '{"$crank":';

/** Shows the items of an NDJSON answer as they come; the last line says how the call ended. @returns the exit code */
export const showStream = async (context: Context, response: Response, file: string | undefined): Promise<number> => {
  const out = file === undefined ? process.stdout : createWriteStream(file);
  const decoder = new TextDecoder();
  let rest = '';
  let last: { outcome: string; error?: Problem } | undefined;
  for await (const chunk of response.body!) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith(LAST)) last = (JSON.parse(line) as { $crank: typeof last }).$crank;
      else if (!out.write(`${line}\n`)) await once(out, 'drain');
    }
  }
  if (file !== undefined) {
    out.end();
    await once(out, 'finish');
  }
  if (last === undefined)
    throw new CrankError('unavailable', 'The stream broke off before its end: the call may have been cancelled.');
  if (last.error === undefined) return 0;
  process.stderr.write(`${context.json ? JSON.stringify(last.error) : explain(last.error)}\n`);
  return last.error.code in catalogue ? catalogue[last.error.code as ErrorCode].exit : 1;
};
