import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import type { RedactRule } from '#src/core/personal-data.ts';
import { CallRedactor } from '#src/platform/privacy/call-redactor.ts';
import { createRedactThreads, type RedactThreads } from '#src/platform/privacy/redact-threads.ts';
import { temporaryFolder } from '../support/temporary.ts';

const rules: RedactRule[] = [{ detect: ['email'], action: 'mask', account: 'acme' }];
const ADDRESS = 'eve@example.org';

const failing = (error: Error): RedactThreads => ({
  run: () => Promise.reject(error),
  close: async () => undefined,
});

describe('what cannot be searched', () => {
  const folder = temporaryFolder('redactor');
  afterAll(() => folder.remove());
  const result = {
    usage: { cpuNs: 1, cpuSource: 'cgroup' as const, peakMemoryBytes: 1, wallNs: 1 },
    stdout: ADDRESS,
    stderr: '',
    truncatedBytes: 0,
  };
  const file = (name: string) => {
    const path = join(folder.path, name);
    writeFileSync(path, ADDRESS);
    return { type: 'file' as const, name, contentType: 'text/plain', path, size: ADDRESS.length };
  };

  it.each([
    ['took too long', new Error('it was not searched within 60 s'), 'policy-denied'],
    ['had no room, which is our fault and not charged', new CrankError('overloaded', 'x'), 'internal'],
  ])('is not given out, and leaves no file: it %s', async (_, error, code) => {
    const redactor = new CallRedactor(failing(error), rules, {});
    await expect(redactor.json(Buffer.from(`"${ADDRESS}"`))).rejects.toMatchObject({ code });
    const one = file(`${code} one`);
    await expect(redactor.file(one)).rejects.toMatchObject({ code });
    expect(existsSync(one.path)).toBe(false);
    const two = file(`${code} two`);
    await expect(redactor.result({ ...result, outcome: two })).rejects.toMatchObject({ code });
    expect(existsSync(two.path)).toBe(false);
    // Errors are what is left to tell, so they never reject: what could not be searched is not in them.
    const told = await redactor.error(new CrankError('script-error', ADDRESS));
    expect(told).toMatchObject({ code });
    expect(JSON.stringify([(told as Error).message, told])).not.toContain(ADDRESS);
  });

  it('is what is too long', async () => {
    const redactor = new CallRedactor(createRedactThreads(), rules, {});
    const text = Buffer.from(JSON.stringify('x'.repeat(17 * 2 ** 20)));
    await expect(redactor.json(text)).rejects.toMatchObject({ code: 'policy-denied' });
  });
});

describe('threads', () => {
  it('answer as the same search in place does, one text after the other, and say what was wrong', async () => {
    const threads = createRedactThreads();
    const run = (text: string, kind: 'json' | 'text' = 'text') => threads.run({ kind, text, rules, keys: {} });
    const long = 'plain words 12 '.repeat(1_000);
    const many = await Promise.all(Array.from({ length: 8 }, (_, n) => run(`${long}n${n}@example.org`)));
    expect(many.map(({ text }) => text.slice(long.length))).toEqual(Array(8).fill('n***@e***.org'));
    expect(many[0]!.counts).toEqual([['email', 1]]);
    await expect(run(`{${long}`, 'json')).rejects.toThrow('not JSON');
    expect((await run(`${long}${ADDRESS}`)).counts).toEqual([['email', 1]]);
    await threads.close();
  });
});
