import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureUv, UV_VERSION } from '#src/engines/packaging/ensure-uv.ts';
import { python } from './python.ts';

const home = mkdtempSync(join(tmpdir(), 'crank-uv-'));
const path = process.env['PATH'];
beforeAll(() => {
  process.env['PATH'] = '/usr/bin:/bin'; // a machine without uv
});
afterAll(() => {
  process.env['PATH'] = path;
  rmSync(home, { recursive: true, force: true });
});

describe('uv', { timeout: 180_000 }, () => {
  test('is installed by the pip at hand, once, and leaves nothing else', async () => {
    const said: string[] = [];
    const tools = join(home, 'by-pip');
    const uv = await ensureUv(tools, (message) => said.push(message), [python.path]);
    expect(execFileSync(uv, ['--version'], { encoding: 'utf8' })).toContain(`uv ${UV_VERSION}`);
    expect(readdirSync(tools)).toEqual([`uv-${UV_VERSION}`]);
    expect(said).toHaveLength(1);
    expect(await ensureUv(tools, (message) => said.push(message), [])).toBe(uv);
    expect(said).toHaveLength(1);
  });

  test('is installed by two at once', async () => {
    const tools = join(home, 'twice');
    const both = await Promise.all([1, 2].map(() => ensureUv(tools, () => {}, [python.path])));
    expect(both[0]).toBe(both[1]);
    expect(readdirSync(tools)).toEqual([`uv-${UV_VERSION}`]);
  });

  test('is installed where Python has no pip of its own but can make an environment', async () => {
    const bare = join(home, 'bare');
    execFileSync(python.path, ['-m', 'venv', '--without-pip', bare]);
    const uv = await ensureUv(join(home, 'by-venv'), () => {}, [join(bare, 'bin', 'python')]);
    expect(execFileSync(uv, ['--version'], { encoding: 'utf8' })).toContain(UV_VERSION);
  });

  test('is taken from PATH where it is new enough', async () => {
    const uv = await ensureUv(join(home, 'by-pip'), () => {}, []);
    const bin = mkdtempSync(join(home, 'bin-'));
    symlinkSync(uv, join(bin, 'uv'));
    process.env['PATH'] = `${bin}:/usr/bin:/bin`;
    try {
      expect(await ensureUv(join(home, 'nothing-here'), () => {}, [])).toBe('uv');
      expect(readdirSync(join(home, 'nothing-here'))).toEqual([]);
    } finally {
      process.env['PATH'] = '/usr/bin:/bin';
    }
  });

  test('where it cannot be had, the error says what to type', async () => {
    const tools = join(home, 'never');
    const attempt = ensureUv(tools, () => {}, ['/nonexistent/python3', '/bin/false']);
    await expect(attempt).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/apt-get install python3-pip.*\/nonexistent\/python3/s),
    });
    expect(readdirSync(tools)).toEqual([]);
  });
});
