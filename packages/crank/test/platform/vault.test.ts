import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Vault } from '#src/platform/vault.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('vault', () => {
  const folder = temporaryFolder('vault');
  const path = join(folder.path, 'answers.key');
  afterAll(() => folder.remove());

  it('opens what it sealed, also after a restart, and for the same context only', () => {
    const sealed = Vault.open(path).seal(Buffer.from('secret answer'), 'ann add');
    expect(sealed.toString('latin1')).not.toContain('secret');
    expect(Vault.open(path).open(sealed, 'ann add').toString()).toBe('secret answer');
    expect(() => Vault.open(path).open(sealed, 'bob add')).toThrow();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('notices every changed byte', () => {
    const vault = Vault.open(path);
    const sealed = vault.seal(Buffer.from('answer'), 'c');
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => vault.open(changed, 'c')).toThrow();
    }
  });
});
