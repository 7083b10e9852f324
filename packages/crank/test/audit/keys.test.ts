import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseVkey, verifyCheckpoint } from 'crank-verify';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { loadSigner, loadVkey, signerFrom } from '#src/engines/audit/keys.ts';
import { emptyFrontier } from '#src/engines/audit/merkle.ts';

const root = mkdtempSync(join(tmpdir(), 'crank-keys-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
let folder: string;
beforeEach(() => {
  folder = join(root, String(count++), 'keys');
});

describe('the signing key of a node', () => {
  it('is made once and loaded again', async () => {
    expect(loadVkey(folder)).toBeUndefined();
    const made = loadSigner(folder, 'node.example/log');
    const loaded = loadSigner(folder, 'node.example/log');
    expect(loaded.vkey).toBe(made.vkey);
    expect(loadVkey(folder)).toBe(made.vkey);
    expect(Buffer.from(loaded.sign(Buffer.from('x')))).toEqual(Buffer.from(made.sign(Buffer.from('x'))));
    expect((await parseVkey(made.vkey)).name).toBe('node.example/log');
    const { size } = await verifyCheckpoint(signCheckpoint(loaded, emptyFrontier), [made.vkey]);
    expect(size).toBe(0);
  });

  it('is for its owner only, and nothing is left beside it', () => {
    loadSigner(folder, 'node.example/log');
    expect(statSync(join(folder, 'log.key')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).sort()).toEqual(['log.key', 'log.vkey']);
  });

  it('mends a lost or wrong verifier key file', () => {
    const { vkey } = loadSigner(folder, 'node.example/log');
    writeFileSync(join(folder, 'log.vkey'), 'other\n');
    loadSigner(folder, 'node.example/log');
    expect(loadVkey(folder)).toBe(vkey);
  });

  it('is refused where others could have read it', () => {
    loadSigner(folder, 'node.example/log');
    chmodSync(join(folder, 'log.key'), 0o640);
    expect(() => loadSigner(folder, 'node.example/log')).toThrow(/chmod 600/);
  });

  it('is refused under another name', () => {
    loadSigner(folder, 'node.example/log');
    expect(() => loadSigner(folder, 'node.example/other')).toThrow(/node\.example\/log, not node\.example\/other/);
  });

  it.each([
    ['cut', (text: string) => text.slice(0, 40)],
    ['empty', () => ''],
    [
      'with a changed byte',
      (text: string) => `${text.slice(0, -10)}${text.at(-10) === 'A' ? 'B' : 'A'}${text.slice(-9)}`,
    ],
  ])('is refused %s, and never replaced', (_, damage) => {
    loadSigner(folder, 'node.example/log');
    const path = join(folder, 'log.key');
    const damaged = damage(readFileSync(path, 'utf8'));
    writeFileSync(path, damaged);
    expect(() => loadSigner(folder, 'node.example/log')).toThrow(/damaged/);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });

  it('has a name that a note can carry', () => {
    for (const name of ['', 'a b', 'a+b', 'a\nb'])
      expect(() => signerFrom(name, new Uint8Array(32))).toThrow(TypeError);
  });
});
