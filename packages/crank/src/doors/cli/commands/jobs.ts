import type { Operation } from '#src/core/service.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import type { Command, Context } from '../command.ts';
import { one } from '../command.ts';
import { followJob, stepOf } from '../follow-job.ts';
import { Exit } from '../run.ts';
import { saveReceipt, showAnswer } from '../show-answer.ts';
import { table } from '../table.ts';

const pathOf = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;

export const listJobs: Command = {
  name: 'jobs',
  summary: 'calls that outlive their request, newest first',
  options: [
    { flags: '--state <state>', help: 'waiting, queued, running or ended' },
    { flags: '--service <name>', help: 'of one service only' },
  ],
  run: async (context, _args, options) => {
    const query = { state: one(options, 'state'), service: one(options, 'service') };
    const page = await context.client.json<{ jobs: JobInfo[]; cursor: string | null }>('/v1/jobs', { query });
    const rows = page.jobs.map((job) => [job.id, `${job.service}.${job.operation}`, job.received, stepOf(job)]);
    context.print(page, () => (rows.length === 0 ? 'no jobs' : table(['ID', 'OPERATION', 'RECEIVED', 'STATE'], rows)));
  },
};

export const showJob: Command = {
  name: 'job',
  summary: 'how far a job is, or its result',
  args: [['<id>', 'job: the id of its call']],
  options: [
    { flags: '--wait', help: 'wait for its end, and show its result' },
    { flags: '-o, --output <file>', help: 'where the result goes; a folder for the files of a command line' },
    { flags: '--receipt <file>', help: 'store the receipt here' },
  ],
  run: async (context, [id], options) => {
    const isWanted = ['wait', 'output', 'receipt'].some((name) => options[name] !== undefined);
    const job = options['wait'] === true ? await followJob(context, id!) : await fetchJob(context, id!);
    if (!isWanted) {
      context.print(job, () => describe(job));
      return;
    }
    const receipt = one(options, 'receipt');
    if (receipt !== undefined && job.receipt !== null) await saveReceipt(context, job.receipt, receipt);
    const response = await context.client.send(`${pathOf(id!)}/result`);
    const failed = await showAnswer(context, response, await isCommand(context, job), one(options, 'output'));
    if (failed) throw new Exit(failed);
  },
};

const deciding = (verdict: 'approve' | 'reject', summary: string): Command => ({
  name: `job ${verdict}`,
  summary,
  args: [['<id>', 'job that waits']],
  options: [{ flags: '--comment <text>', help: 'why; it is in the receipt' }],
  run: async (context, [id], options) => {
    const comment = one(options, 'comment');
    const job = await context.client.json<JobInfo & { approvalReceipt: string }>(`${pathOf(id!)}/${verdict}`, {
      method: 'POST',
      ...(comment !== undefined && { json: { comment } }),
    });
    context.print(job, () => `${job.id} ${stepOf(job)}; receipt ${job.approvalReceipt}`);
  },
});

export const approveJob = deciding('approve', 'let a call run that waits for the approval of a second principal');
export const rejectJob = deciding('reject', 'end a call that waits for approval');

export const cancelJob: Command = {
  name: 'job cancel',
  summary: 'end a job; of one that has ended, delete the result',
  args: [['<id>', 'job']],
  run: async (context, [id]) => {
    const job = await context.client.json<JobInfo>(pathOf(id!), { method: 'DELETE' });
    context.print(job, () => `${job.id} ${job.cancelling ? 'is being cancelled' : stepOf(job)}`);
  },
};

const fetchJob = (context: Context, id: string): Promise<JobInfo> => context.client.json<JobInfo>(pathOf(id));

/** Whether its result is that of a command line; what its key may not see of the service is shown as it is. */
const isCommand = async (context: Context, { service, version, operation }: JobInfo): Promise<boolean> => {
  const query = { version };
  const described = await context.client
    .json<{ operations: Operation[] }>(`/v1/services/${encodeURIComponent(service)}`, { query })
    .catch(() => undefined);
  return described?.operations.find(({ name }) => name === operation)?.command !== undefined;
};

const describe = (job: JobInfo): string => {
  const { result, next } = job;
  const lines: [string, string | null][] = [
    ['job', job.id],
    ['operation', `${job.service}.${job.operation}`],
    ['state', stepOf(job)],
    ['waits for', job.state === 'waiting' ? `approval: ${job.approval!.reasons.join('; ')}` : null],
    ['until', job.state === 'waiting' ? job.approval!.until : null],
    ['approved', job.approval?.by ?? null],
    ['attempts', String(job.attempts)],
    ['received', job.received],
    ['next', next],
    ['started', job.started],
    ['ended', job.ended],
    ['result', result && `${result.bytes} bytes of ${result.contentType}, until ${result.until}`],
    ['receipt', job.receipt ?? job.opening],
  ];
  const shown = lines.filter((line): line is [string, string] => line[1] !== null);
  return shown.map(([name, text]) => `${name.padEnd(10)} ${text}`).join('\n');
};
