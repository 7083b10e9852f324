import { setTimeout as sleep } from 'node:timers/promises';
import { verifyReceipt } from 'crank-verify';
import { openStore } from '../packages/crank/src/store/store.ts';
import { type Random, seeded } from './http-fuzz/random.ts';
import { machine, markdown } from './machine.ts';
import { faultList } from './mixed/judge.ts';
import { type BenchNode, startNode } from './node.ts';

// `npm run bench -- jobs [JOBS] [SEED]`: jobs with progress are taken, and the node is killed (SIGKILL) every few seconds
// until all have ended. Each must end exactly once, with a receipt that verifies and the right result; progress must never
// go back; what did not run to its end must not be charged; and a schedule must fire each minute once. Exit code 1 where
// that did not hold.

export interface JobsReport {
  jobs: number;
  kills: number;
  seconds: number;
  /** By operation, then by outcome. */
  outcomes: Record<string, Record<string, number>>;
  /** Jobs that were begun more than once. */
  begunAgain: number;
  /** Times that progress was seen. */
  progressSeen: number;
  /** Firings of the schedule. */
  firings: number;
  /** What must not be: one line each. */
  faults: string[];
}

export interface JobsOptions {
  jobs: number;
  seed?: number;
  /** Milliseconds between two kills, on average. */
  pauseMs?: number;
  /** The node is killed so often; otherwise until all have ended. */
  kills?: number;
  onProgress?: (text: string) => void;
}

const WORK = `
import time
from crank_platform import context


def _steps(n: int) -> int:
    for step in range(n):
        context.progress(step / n, f"step {step} of {n}")
        time.sleep(0.03)
    return n * n


def again(n: int) -> int:
    """May be run again."""
    return _steps(n)


def once(n: int) -> int:
    """May not."""
    return _steps(n)


def stream(n: int):
    """Items."""
    for step in range(n):
        context.progress(step / n)
        time.sleep(0.02)
        yield step


def tick() -> str:
    return "tock"
`;
const idempotent = { idempotent: true };
const MANIFEST = { name: 'tasks', operations: { again: idempotent, once: {}, stream: idempotent, tick: {} } };
const OPERATIONS = ['again', 'once', 'stream'] as const;
const SUBMITTERS = 6;
/** For all that is left, once the killing has stopped. */
const PATIENCE_MS = 300_000;

interface Wanted {
  operation: (typeof OPERATIONS)[number];
  n: number;
}

interface Job {
  id: string;
  state: string;
  attempts: number;
  outcome: string | null;
  progress: { fraction: number | null } | null;
  receipt: string | null;
}

export const killJobs = async ({
  jobs,
  seed = 1,
  pauseMs = 3_000,
  kills,
  onProgress,
}: JobsOptions): Promise<JobsReport> => {
  const random = seeded(seed);
  const began = performance.now();
  const node = await startNode();
  const report: JobsReport = {
    ...{ jobs, kills: 0, seconds: 0, outcomes: {}, begunAgain: 0, progressSeen: 0, firings: 0 },
    faults: [],
  };
  const fault = faultList(report.faults);
  const taken = new Map<string, Wanted>();
  try {
    await node.deploy('tasks', WORK, MANIFEST);
    const schedule = await post<{ id: string }>(node, '/v1/schedules', {
      ...{ service: 'tasks', operation: 'tick', cron: '* * * * *', grace: '10m' },
    });
    const since = Date.now();
    let running = true;
    const killing = (async () => {
      while (kills === undefined ? running || report.kills === 0 : report.kills < kills) {
        await sleep(pauseMs / 2 + random.below(pauseMs));
        await node.killed();
        report.kills += 1;
        onProgress?.(`${report.kills} kills, ${taken.size} taken, ${report.faults.length} faults`);
      }
    })();
    const watching = watch(node, () => running, report, fault);
    const wanted = Array.from({ length: jobs }, (_, at) => ({ at, ...draw(random) }));
    const entries = wanted.values();
    const submit = async (): Promise<void> => {
      for (const { at, operation, n } of entries)
        taken.set(await take(node, `job-${seed}-${at}`, { operation, n }), { operation, n });
    };
    await Promise.all(Array.from({ length: SUBMITTERS }, submit));
    for (const until = Date.now() + PATIENCE_MS; (await open(node)) > 0; await sleep(200)) {
      if (Date.now() > until) {
        fault(`${await open(node)} jobs have not ended after ${PATIENCE_MS / 1_000} s`);
        break;
      }
    }
    running = false;
    await Promise.all([killing, watching]);
    onProgress?.('did each end once?');
    if (taken.size !== jobs) fault(`${jobs} jobs were asked for under keys of their own, and ${taken.size} were made`);
    await checkJobs(node, taken, report, fault);
    await checkSchedule(node, schedule.id, since, report, fault);
    const code = await node.end();
    if (code !== 0) fault(`the node ended with ${code}: ${node.said().slice(-2000)}`);
    await checkLeft(node, fault);
    report.seconds = Math.round((performance.now() - began) / 1000);
    return report;
  } finally {
    await node.stop();
  }
};

const draw = (random: Random): Wanted => ({ operation: random.pick([...OPERATIONS]), n: 2 + random.below(24) });

/** The answer, or undefined where the node is just not there. */
const ask = async (node: BenchNode, path: string, init: RequestInit = {}): Promise<Response | undefined> => {
  try {
    const answer = await fetch(node.url + path, { ...init, headers: { ...node.headers, ...init.headers } });
    return answer.status === 503 || answer.status === 429 ? undefined : answer;
  } catch {
    return undefined;
  }
};

const insist = async (node: BenchNode, path: string, init: RequestInit = {}): Promise<string> => {
  for (;;) {
    const answer = await ask(node, path, init);
    const text = await answer?.text().catch(() => undefined);
    if (answer?.ok && text !== undefined) return text;
    if (answer !== undefined && text !== undefined) throw new Error(`${path}: ${answer.status} ${text}`);
    await sleep(50);
  }
};

const get = async <T>(node: BenchNode, path: string): Promise<T> => JSON.parse(await insist(node, path)) as T;
const post = async <T>(node: BenchNode, path: string, body: object): Promise<T> =>
  JSON.parse(
    await insist(node, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  ) as T;

/** Has a job taken, however often the node dies meanwhile. @returns its id */
const take = async (node: BenchNode, key: string, { operation, n }: Wanted): Promise<string> => {
  const text = await insist(node, `/v1/services/tasks/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', 'idempotency-key': key },
    body: JSON.stringify({ n }),
  });
  return (JSON.parse(text) as Job).id;
};

const open = async (node: BenchNode): Promise<number> => {
  const [queued, running] = await Promise.all(
    ['queued', 'running'].map((state) => get<{ jobs: Job[] }>(node, `/v1/jobs?state=${state}`)),
  );
  return queued!.jobs.length + running!.jobs.length;
};

/** Looks at what runs, and holds it against what was seen before. */
const watch = async (
  node: BenchNode,
  goesOn: () => boolean,
  report: JobsReport,
  fault: (what: string) => void,
): Promise<void> => {
  const seen = new Map<string, number>();
  while (goesOn()) {
    const answer = await ask(node, '/v1/jobs?state=running');
    const page = (await answer?.json().catch(() => undefined)) as { jobs: Job[] } | undefined;
    for (const { id, progress } of page?.jobs ?? []) {
      const before = seen.get(id) ?? 0;
      const now = progress?.fraction ?? 0;
      if (now < before) fault(`${id}: progress went from ${before} back to ${now}`);
      if (now > before) report.progressSeen += 1;
      seen.set(id, now);
    }
    await sleep(50);
  }
};

const checkJobs = async (
  node: BenchNode,
  taken: ReadonlyMap<string, Wanted>,
  report: JobsReport,
  fault: (what: string) => void,
): Promise<void> => {
  const vkeys = [(await insist(node, '/log/vkey')).trim()];
  for (const [id, { operation, n }] of taken) {
    const job = await get<Job>(node, `/v1/jobs/${id}`);
    const outcome = job.outcome ?? job.state;
    const row = report.outcomes[operation] ?? {};
    report.outcomes[operation] = row;
    row[outcome] = (row[outcome] ?? 0) + 1;
    if (job.attempts > 1) report.begunAgain += 1;
    if (job.state !== 'ended' || job.receipt === null) {
      fault(`${id}: ${job.state}`);
      continue;
    }
    if (outcome !== 'ok' && (outcome !== 'unavailable' || operation !== 'once'))
      fault(`${id} ${operation}: ${outcome}`);
    if (operation === 'once' && job.attempts > 1) fault(`${id}: what may run once was begun ${job.attempts} times`);
    const receipt = await insist(node, job.receipt);
    const { predicate } = await verifyReceipt(Buffer.from(receipt), { vkeys });
    const { total } = (predicate as unknown as { charge: { total: string } }).charge;
    if (outcome === 'ok' ? Number(total) === 0 : Number(total) !== 0) fault(`${id}: ${outcome} was charged ${total}`);
    if (outcome === 'ok') {
      const result = await insist(node, `/v1/jobs/${id}/result`);
      const right =
        operation === 'stream'
          ? Array.from({ length: n }, (_, at) => `${at}\n`).join('') === result.slice(0, result.indexOf('{"$crank"'))
          : result === String(n * n);
      if (!right) fault(`${id} ${operation}(${n}): ${result.slice(0, 200)}`);
    }
  }
  const ends = new Map<string, number>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { receipts: { id: string }[]; cursor: string | null } = await get(
      node,
      `/v1/receipts?kind=call&service=tasks${cursor && `&cursor=${cursor}`}`,
    );
    for (const { id } of page.receipts) ends.set(id, (ends.get(id) ?? 0) + 1);
    cursor = page.cursor;
  }
  for (const id of taken.keys()) if (ends.get(id) !== 1) fault(`${id}: ${ends.get(id) ?? 0} receipts of its end`);
};

/** Each minute that passed fired once. */
const checkSchedule = async (
  node: BenchNode,
  id: string,
  since: number,
  report: JobsReport,
  fault: (what: string) => void,
): Promise<void> => {
  const due: number[] = [];
  for (let at = Math.ceil(since / 60_000) * 60_000; at < Date.now() - 15_000; at += 60_000) due.push(at);
  const { runs } = await get<{ runs: { instant: string; state: string; outcome: string | null }[] }>(
    node,
    `/v1/schedules/${id}/runs`,
  );
  report.firings = runs.length;
  for (const at of due) {
    const these = runs.filter(({ instant }) => Date.parse(instant) === at);
    if (these.length !== 1 || these[0]!.outcome !== 'ok')
      fault(`the schedule at ${new Date(at).toISOString()}: ${JSON.stringify(these)}`);
  }
};

/** Nothing of any input is left, nor of a result of what failed. */
const checkLeft = async ({ data }: BenchNode, fault: (what: string) => void): Promise<void> => {
  const store = await openStore({ sqlite: `${data}/crank.db` }, { migrate: false });
  const inputs = await store.db.selectFrom('job_parts').select('job').where('kind', '=', 'input').execute();
  const results = await store.db
    .selectFrom('job_parts')
    .innerJoin('jobs', 'jobs.id', 'job_parts.job')
    .select('job')
    .where('kind', '=', 'result')
    .where('outcome', '!=', 'ok')
    .execute();
  await store.close();
  for (const { job } of [...inputs, ...results]) fault(`left: a piece of ${job}`);
};

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const [jobs = '1000', seed = '1'] = process.argv.slice(2);
  const report = await killJobs({ jobs: Number(jobs), seed: Number(seed), onProgress: console.error });
  const outcomes = [...new Set(Object.values(report.outcomes).flatMap(Object.keys))].sort();
  const rows = Object.entries(report.outcomes).map(([operation, row]) => [
    operation,
    ...outcomes.map((outcome) => String(row[outcome] ?? 0)),
  ]);
  console.log(`${machine()}\n\n${markdown(['operation', ...outcomes], rows)}\n`);
  console.log(
    `${report.jobs} jobs, ${report.kills} kills, ${report.seconds} s; ${report.begunAgain} begun more than once; progress seen ${report.progressSeen} times; ${report.firings} firings of a schedule; ${report.faults.length} faults`,
  );
  for (const line of report.faults) console.error(line);
  process.exit(report.faults.length === 0 ? 0 : 1);
}
