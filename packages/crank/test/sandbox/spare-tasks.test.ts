import { afterEach, describe, expect, it } from 'vitest';
import type { SandboxTask } from '#src/engines/sandbox/sandbox.ts';
import { eventually, interpreter, processesWith, type Workshop, workshop } from './harness.ts';

const head = { entry: 'a.py', files: [['a.py', 9]], folders: [] };
const scan = (more: Partial<SandboxTask> = {}): SandboxTask => ({
  name: 'scan',
  account: 'test',
  interpreter: interpreter(),
  request: Buffer.from(`${JSON.stringify(head)}\nimport os\n`),
  limits: {
    ...{ wallMs: 30_000, cpuMs: 20_000, memoryBytes: 2 ** 30, tmpBytes: 2 ** 20, processes: 8 },
    answerBytes: 2 ** 20,
  },
  ...more,
});

/** Milliseconds for which nothing came or went. */
const SETTLED_MS = 1_000;

describe('the sandbox of a task that is likely to come again', () => {
  let shop: Workshop | undefined;
  afterEach(() => shop?.remove());
  /** bubblewrap has the runtime's folder among its arguments. */
  const waiting = (): number[] => processesWith(`${shop!.root}/runtime`);

  /** Runs a task, and gives the processes of the spare that comes after it: those that stay when what the task left has died. */
  const spareAfter = async (task: SandboxTask): Promise<{ answer: Uint8Array; spare: number[] }> => {
    const answer = await shop!.sandbox.task(task);
    let spare: number[] = [];
    let since = 0;
    await eventually(() => {
      const now = waiting();
      if (now.join() !== spare.join()) since = performance.now();
      spare = now;
      return spare.length > 0 && performance.now() - since > SETTLED_MS;
    });
    return { answer, spare };
  };

  it('is made ready, is used once, and ends with the sandbox', { timeout: 60_000 }, async () => {
    shop = workshop();
    const first = await shop.sandbox.task(scan());
    await eventually(() => waiting().length === 0); // the kernel takes a moment
    const { answer, spare } = await spareAfter(scan({ another: true }));
    expect(answer).toEqual(first);
    // Another account's work gets a sandbox of its own.
    expect(await shop.sandbox.task(scan({ account: 'other' }))).toEqual(first);
    expect(waiting()).toEqual(expect.arrayContaining(spare));
    expect(await shop.sandbox.task(scan())).toEqual(first);
    await eventually(() => waiting().length === 0); // the kernel takes a moment
    await spareAfter(scan({ another: true }));
    await shop.sandbox.close();
    await eventually(() => waiting().length === 0); // the kernel takes a moment
  });

  it('is made anew where the waiting one was killed', { timeout: 60_000 }, async () => {
    shop = workshop();
    const { answer, spare } = await spareAfter(scan({ another: true }));
    for (const pid of spare) process.kill(pid, 'SIGKILL');
    await eventually(() => waiting().length === 0);
    expect(await shop.sandbox.task(scan())).toEqual(answer);
  });
});
