import { readFile } from 'node:fs/promises';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import { type Command, many, one } from '../command.ts';
import { Exit } from '../run.ts';
import { saveReceipt, showAnswer } from '../show-answer.ts';
import { short } from '../table.ts';
import { requestBody } from './call.ts';

export const run: Command = {
  name: 'run',
  summary: 'run a Python file once, without making a service of it',
  args: [['<file>', 'a .py file']],
  options: [
    { flags: '-i, --input <json>', help: 'arguments as a JSON object, @FILE, or - for stdin' },
    { flags: '-a, --arg <name=value>', help: 'one argument; the value is JSON where it reads as such', repeat: true },
    { flags: '--operation <name>', help: 'which of its functions, where there are several' },
    { flags: '--with <package>', help: 'a package that it needs, such as numpy>=2', repeat: true },
    { flags: '--python <version>', help: 'interpreter series, such as 3.11' },
    { flags: '-o, --output <file>', help: 'where the result goes' },
    { flags: '--receipt <file>', help: 'store the receipt here' },
    { flags: '--idempotency-key <key>', help: 'the same key gives the same answer for 24 h' },
    { flags: '--async', help: 'as a job: prints its id at once' },
    { flags: '--promote <name>', help: 'and keep it as a service of this name' },
  ],
  run: async (context, [file], options) => {
    const members: Record<string, unknown> = { code: await readFile(file!, 'utf8') };
    for (const name of ['operation', 'python'])
      if (one(options, name) !== undefined) members[name] = one(options, name);
    if (many(options, 'with').length > 0) members['requirements'] = many(options, 'with');
    const input = (await requestBody(options, undefined)) as string;
    const key = one(options, 'idempotencyKey');
    const response = await context.client.send('/v1/run', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(options['async'] === true && { prefer: 'respond-async' }),
      },
      // The text of the arguments is put in as it is, so that numbers keep their digits.
      body: `${JSON.stringify(members).slice(0, -1)},"input":${input}}`,
      signal: context.signal,
    });
    const version = response.headers.get('crank-version');
    if (response.status === 202) {
      const job = (await response.json()) as JobInfo;
      context.print(job, job.id);
    } else {
      const failed = await showAnswer(context, response, await isCommandLine(response), one(options, 'output'));
      const receipt = one(options, 'receipt');
      const receiptPath = response.headers.get('crank-receipt');
      if (receipt !== undefined && receiptPath !== null) await saveReceipt(context, receiptPath, receipt);
      if (failed) throw new Exit(failed);
    }
    const name = one(options, 'promote');
    if (name === undefined || version === null) return;
    const made = await context.client.json<{ name: string; version: string }>(
      `/v1/run/${encodeURIComponent(version)}/promote`,
      { method: 'POST', json: { name }, signal: context.signal },
    );
    context.progress(`${made.name} @${short(made.version)} deployed`);
  },
};

/** Whether a result is that of a script without functions: what it printed. */
const isCommandLine = async (response: Response): Promise<boolean> => {
  if (!response.headers.get('content-type')?.startsWith('application/json')) return false;
  const value: unknown = await response.clone().json();
  const members = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return ['stdout', 'stderr', 'exit_code', 'files'].every((name) => members.includes(name));
};
