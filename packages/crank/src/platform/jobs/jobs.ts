import { CrankError, type ErrorCode } from '#src/core/error.ts';
import { firstIdAt } from '#src/core/id.ts';
import type { Classification } from '#src/core/personal-data.ts';
import { parseTraceContext } from '#src/core/trace-context.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import { call } from '../call.ts';
import type { Platform } from '../platform.ts';
import { removeFiles } from '../scratch.ts';
import { endUnrun, subjectOf } from './end-job.ts';
import { FairQueue } from './fair-queue.ts';
import { loadInput } from './job-input.ts';
import { type Attempt, createAttempt, NotTheEnd, ROOM_MS } from './job-run.ts';
import { waitsUntil } from './job-view.ts';
import { LiveJob } from './live-job.ts';

const MOST_WAITING = 10_000;
const MOST_WAITING_IN_ALL = 100_000;
/** Bytes of inputs and results that are kept for one account. */
const MOST_KEPT = 8 * 2 ** 30;
/** Other nodes on the same database ask for the end of a job by its row. */
const LOOK_MS = 5_000;
/** While the node stops, what runs may go on for so long. */
const GRACE_MS = 10_000;
/** Pieces without a job are of one that is just being taken, or of one that never was. */
const TAKING_MS = 3_600_000;
/** Refusals that say nothing of the job itself. */
const passing: ReadonlySet<ErrorCode> = new Set(['overloaded', 'unavailable', 'isolation-unavailable', 'rate-limited']);

export interface JobsOptions {
  /** That run at one time. */
  concurrency: number;
  /** Milliseconds for which a result is kept. */
  keepMs: number;
}

/**
 * Runs jobs. A job is a row: what is in memory is only which rows wait. So it is the same path by which one that was just
 * taken, one whose attempt failed and one that a dead node left behind are begun. That it ends once is the database's
 * doing: its end is the row of its call, of which there can be one.
 */
export class Jobs {
  readonly keepMs: number;
  readonly #concurrency: number;
  #platform: Platform | undefined;
  readonly #queue = new FairQueue();
  readonly #later = new Map<string, { timer: NodeJS.Timeout; account: string }>();
  readonly #running = new Map<string, LiveJob>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #kept = new Map<string, number>();
  readonly #deciding = new Map<string, Promise<void>>();
  #look: NodeJS.Timeout | undefined;
  #stopping = false;
  #leaving = false;

  constructor({ concurrency, keepMs }: JobsOptions) {
    this.#concurrency = concurrency;
    this.keepMs = keepMs;
  }

  /** Begins: what a node of this name left queued or running is taken up. */
  async start(platform: Platform): Promise<void> {
    this.#platform = platform;
    const { db } = platform.store;
    const kept = await db
      .selectFrom('jobs')
      .select([
        'caller',
        (e) => e.fn.sum<number>('input_bytes').as('input'),
        (e) => e.fn.sum<number>('result_bytes').as('result'),
      ])
      .where('node', '=', platform.node)
      .groupBy('caller')
      .execute();
    for (const { caller, input, result } of kept) this.#keep(caller, Number(input) + Number(result));
    const open = await db
      .selectFrom('jobs')
      .select(['id', 'caller', 'not_before'])
      .where('node', '=', platform.node)
      .where('state', 'in', ['queued', 'running'])
      .orderBy('id')
      .execute();
    for (const { id, caller, not_before } of open) this.#wait(id, caller, (not_before ?? 0) - Date.now());
    await this.sweep();
    this.#look = setInterval(() => {
      this.#lookForEnded().catch((err: unknown) => platform.log.error({ err }, 'jobs could not be looked at'));
    }, LOOK_MS).unref();
  }

  /** Takes no more up. What runs may end; what does not within some seconds is left as it is, for the next start. */
  async close(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#look);
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    const running = [...this.#running.values()];
    const all = Promise.all(running.map(({ done }) => done));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GRACE_MS);
    });
    await Promise.race([all, grace]);
    clearTimeout(timer);
    this.#leaving = true;
    for (const { abort } of running) abort.abort();
    await all;
  }

  /** @param bytes that its input has @throws CrankError `rate-limited`, `overloaded` */
  demandRoom(account: string, bytes = 0): void {
    const own = this.#queue.waiting(account);
    if (own >= MOST_WAITING) {
      throw new CrankError(
        'rate-limited',
        `${own} jobs of this account wait already: try again when some have ended.`,
        {
          retryAfter: 5,
        },
      );
    }
    if (this.#queue.size >= MOST_WAITING_IN_ALL)
      throw new CrankError('overloaded', 'Too many jobs wait on this node: try again later.', { retryAfter: 30 });
    if ((this.#kept.get(account) ?? 0) + bytes > MOST_KEPT) {
      throw new CrankError(
        'rate-limited',
        `Inputs and results of this account's jobs would be more than ${MOST_KEPT / 2 ** 30} GiB: delete results (DELETE /v1/jobs/ID), or wait until they expire.`,
        { retryAfter: 60 },
      );
    }
  }

  /** Told of a job that was taken. */
  add({ id, caller, input_bytes, state }: JobRow): void {
    this.#keep(caller, input_bytes);
    if (state === 'queued') this.#wait(id, caller, 0);
  }

  /** Told of a job that waited for approval, and waits no more. */
  approved({ id, caller }: JobRow): void {
    this.#wait(id, caller, 0);
    this.#tell(id);
  }

  /** What decides on a job that waits, one after the other. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#deciding.get(id) ?? Promise.resolve()).then(work);
    const settled = turn
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#deciding.get(id) === settled) this.#deciding.delete(id);
        this.#tell(id);
      });
    this.#deciding.set(id, settled);
    return turn;
  }

  /** Told of a result that is no more. */
  forgot({ caller, result_bytes }: Pick<JobRow, 'caller' | 'result_bytes'>): void {
    this.#keep(caller, -result_bytes);
  }

  /** How many wait and run. */
  get load(): { waiting: number; running: number } {
    return { waiting: this.#queue.size + this.#later.size, running: this.#running.size };
  }

  /** Calls whenever a job moves on. @returns what ends that */
  watch(id: string, call: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(call));
    return () => {
      watchers.delete(call);
      if (watchers.size === 0) this.#watchers.delete(id);
    };
  }

  /** Ends a job of this node whose row says that it was cancelled; resolves when it has ended. */
  async cancel(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.abort.abort();
      return running.done;
    }
    clearTimeout(this.#later.get(id)?.timer);
    this.#later.delete(id);
    this.#queue.remove(id);
    // One that waits for approval is in no queue.
    await this.inTurn(id, () => this.#begin(id));
  }

  /** Deletes results that were kept long enough, and pieces that belong to no job. */
  async sweep(): Promise<void> {
    const { store, node } = this.#on;
    const now = Date.now();
    const expired = await store.db
      .selectFrom('jobs')
      .select(['id', 'caller', 'result_bytes'])
      .where('node', '=', node)
      .where('expires_at', '<=', now)
      .limit(1_000)
      .execute();
    for (const row of expired) {
      await store.db.deleteFrom('job_parts').where('job', '=', row.id).execute();
      await store.db
        .updateTable('jobs')
        .set({ result: null, result_bytes: 0, expires_at: null })
        .where('id', '=', row.id)
        .execute();
      this.forgot(row);
    }
    await store.db
      .deleteFrom('job_parts')
      .where('job', '<', firstIdAt('call', now - TAKING_MS))
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('jobs').select('id').whereRef('jobs.id', '=', 'job_parts.job'))),
      )
      .execute();
  }

  get #on(): Platform {
    if (this.#platform === undefined) throw new Error('jobs have not been started');
    return this.#platform;
  }

  #keep(account: string, bytes: number): void {
    this.#kept.set(account, Math.max(0, (this.#kept.get(account) ?? 0) + bytes));
  }

  #wait(id: string, account: string, ms: number): void {
    if (this.#stopping) return;
    if (ms <= 0) {
      this.#queue.add({ id, account });
      this.#fill();
      return;
    }
    const timer = setTimeout(() => {
      this.#later.delete(id);
      this.#wait(id, account, 0);
    }, ms);
    this.#later.set(id, { timer, account });
  }

  #fill(): void {
    while (!this.#stopping && this.#running.size < this.#concurrency) {
      const next = this.#queue.next();
      if (next === undefined) return;
      void this.#begin(next.id);
    }
  }

  #begin(id: string): Promise<void> {
    const { store, log } = this.#on;
    const live = new LiveJob(id, {
      db: store.db,
      onStored: () => this.#tell(id),
      onError: (err) => log.error({ err, job: id }, 'progress could not be stored'),
    });
    this.#running.set(id, live);
    live.done = this.#run(id, live)
      .catch((err: unknown) => {
        log.error({ err, job: id }, 'a job could not be run');
      })
      .finally(() => {
        live.close();
        this.#running.delete(id);
        this.#tell(id);
        this.#fill();
      });
    return live.done;
  }

  #tell(id: string): void {
    for (const call of this.#watchers.get(id) ?? []) call();
  }

  async #run(id: string, live: LiveJob): Promise<void> {
    const platform = this.#on;
    const row = await platform.store.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || row.state === 'ended') return;
    if (row.state === 'waiting' && row.cancelled_at === null && waitsUntil(row) > Date.now()) return;
    let attempt: Attempt | undefined;
    try {
      if (row.cancelled_at !== null)
        throw new CrankError('cancelled', 'The job was cancelled before it began; nothing was charged.');
      if (row.state === 'waiting')
        throw new CrankError('policy-denied', 'Nobody approved the call in time; nothing was charged.');
      if (row.state === 'running') await this.#demandRepeatable(row);
      attempt = createAttempt(platform, row, live, () => this.#leaving);
      await this.#call(row, live, attempt);
    } catch (error) {
      await this.#failed(row, error, attempt);
    }
    const ended = await platform.store.db
      .selectFrom('jobs')
      .select(['state', 'result_bytes'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (ended?.state === 'ended') this.#keep(row.caller, ended.result_bytes - row.input_bytes);
  }

  async #call(row: JobRow, live: LiveJob, attempt: Attempt): Promise<void> {
    const platform = this.#on;
    const principal = await platform.identity.again(row.caller, row.principal, row.acting);
    if (principal === undefined)
      throw new CrankError('forbidden', `The key of ${row.principal}, in whose name the job runs, is revoked.`);
    const subject = await subjectOf(platform, row);
    if (subject === undefined)
      throw new CrankError('not-found', 'The data of the job was erased before it had ended; nothing was charged.');
    live.resume(row, subject);
    const { db } = platform.store;
    const taken: string[] = [];
    try {
      const { answer } = await call(platform, {
        authorization: undefined,
        as: { id: row.id, principal, received: row.received_at },
        account: row.account,
        service: row.service,
        version: row.version,
        operation: row.operation,
        ...(row.deadline_at !== null && { deadlineMs: row.deadline_at - row.received_at }),
        ...(row.tags !== null && { tags: row.tags }),
        ...(row.quote !== null && { quote: row.quote }),
        ...(row.classification !== null && { classification: row.classification as Classification }),
        trace: parseTraceContext(row.trace ?? undefined),
        subject,
        job: attempt,
        signal: live.abort.signal,
        read: () => loadInput({ db, key: subject, job: row.id, kind: 'input' }, platform.scratch, taken),
        open: () => attempt.sink(),
        onProgress: (progress) => live.said(progress),
      });
      if (answer.type === 'file') await removeFiles([answer.path]);
    } finally {
      if (taken.length > 0) await removeFiles(taken);
    }
  }

  /** What was under way when a node died. @throws CrankError `unavailable` where it may not be run again */
  async #demandRepeatable({ account, service, version, operation }: JobRow): Promise<void> {
    const target = await this.#on.catalog.resolve(account, service, version);
    if (target.operation(operation).operation.idempotent === true) return;
    throw new CrankError(
      'unavailable',
      'The node ended during the job. Its manifest does not say that the operation is idempotent, so it is not run again; nothing was charged.',
    );
  }

  /** What came of an attempt that left no receipt. */
  async #failed(row: JobRow, error: unknown, attempt: Attempt | undefined): Promise<void> {
    const platform = this.#on;
    if (error instanceof NotTheEnd) {
      if (error.next !== 'left') await this.#again(row, error.next);
      return;
    }
    let end = error;
    if (error instanceof CrankError && passing.has(error.code)) {
      if (this.#stopping) return;
      if (attempt?.begun === false) return this.#again(row, (error.extras.retryAfter ?? 1) * 1_000);
      // It ran, and its receipt could not be stored.
      if (attempt?.begun === true)
        end = await this.#demandRepeatable(row).then(
          () => undefined,
          (refusal: unknown) => refusal,
        );
      if (end === undefined) return this.#again(row, ROOM_MS);
    }
    try {
      await endUnrun(platform, row, end);
    } catch (err) {
      platform.log.error({ err, job: row.id }, 'the end of a job could not be recorded: it is tried again');
      this.#wait(row.id, row.caller, ROOM_MS);
    }
  }

  async #again(row: JobRow, ms: number): Promise<void> {
    await this.#on.store.db
      .updateTable('jobs')
      .set({ state: 'queued', not_before: Date.now() + Math.round(ms) })
      .where('id', '=', row.id)
      .where('state', '!=', 'ended')
      .execute();
    this.#wait(row.id, row.caller, ms);
  }

  /** Jobs whose end was asked for at another node, and those that waited for approval in vain. */
  async #lookForEnded(): Promise<void> {
    const rows = await this.#on.store.db
      .selectFrom('jobs')
      .select(['id', 'cancelled_at', 'received_at', 'deadline_at'])
      .where('node', '=', this.#on.node)
      .where('state', '!=', 'ended')
      .where((e) => e.or([e('cancelled_at', 'is not', null), e('state', '=', 'waiting')]))
      .execute();
    const over = rows.filter((row) => row.cancelled_at !== null || waitsUntil(row) <= Date.now());
    await Promise.all(over.map(({ id }) => this.cancel(id)));
  }
}
