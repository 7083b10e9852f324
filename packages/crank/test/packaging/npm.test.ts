import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarEnd, tarFile } from '#src/core/tar.ts';
import { findEntry, runtimeOf, serviceName } from '#src/engines/packaging/entry.ts';
import { installPackages } from '#src/engines/packaging/npm-install.ts';
import { type LockedPackage, readNpmNeeds } from '#src/engines/packaging/npm-lock.ts';
import { npmRegistry } from '#src/engines/packaging/npm-registry.ts';
import { readArchive } from '#src/engines/packaging/tarball.ts';

const sourceOf = (files: Record<string, unknown>, folder?: string) => ({
  files: new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
    ]),
  ),
  ...(folder !== undefined && { folder }),
});

const archive = (files: Record<string, string>): Buffer =>
  gzipSync(
    Buffer.concat([...Object.entries(files).map(([name, text]) => tarFile(name, Buffer.from(text), 0)), tarEnd()]),
  );
const integrityOf = (bytes: Uint8Array): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

describe('which module is the entry', () => {
  it.each([
    ['main.ts', ['main.ts', 'main.test.ts', 'util.ts', 'types.d.ts', 'vite.config.ts'], undefined],
    ['index.mjs', ['index.mjs', 'b.mjs'], undefined],
    ['src/index.ts', ['src/index.ts', 'src/b.ts', 'package.json'], undefined],
    ['lone.cts', ['lone.cts', 'test/a.ts'], undefined],
    ['b.ts', ['a.ts', 'b.ts'], 'b.ts'],
    ['main.js', ['main.js', 'script.py'], 'main.js'],
  ])('%s of %j', (entry, paths, declared) => {
    expect(findEntry(sourceOf(Object.fromEntries(paths.map((path) => [path, '']))), declared)).toEqual({ entry });
    expect(runtimeOf(entry)).toBe('node');
  });
  it('what package.json points at goes before custom, and scripts of Python before modules', () => {
    const files = { 'main.ts': '', 'lib/api.ts': '', 'package.json': { exports: { '.': { import: './lib/api.ts' } } } };
    expect(findEntry(sourceOf(files))).toEqual({ entry: 'lib/api.ts' });
    expect(findEntry(sourceOf({ ...files, 'app.py': '' }))).toEqual({ entry: 'app.py' });
    expect(findEntry(sourceOf({ ...files, 'app.py': '' }), undefined, 'node')).toEqual({ entry: 'lib/api.ts' });
    expect(findEntry(sourceOf({ 'a.ts': '' }), 'a.ts', 'python')).toHaveProperty('finding');
    expect(findEntry(sourceOf({ 'a.ts': '' }), 'b.ts')).toHaveProperty('finding');
  });
  it.each([
    ['main.ts', 'money', 'money'],
    ['src/index.ts', 'money', 'money'],
    ['money.ts', undefined, 'money'],
    ['money/index.js', 'other', 'money'],
  ])('%s in %s is the service %s', (entry, folder, name) => {
    expect(serviceName(sourceOf({ [entry]: '' }, folder), entry)).toEqual({ name });
  });
});

describe('package-lock.json', () => {
  const integrity = integrityOf(Buffer.from('x'));
  const needs = (packages: object, dependencies: object = { a: '^1' }) =>
    readNpmNeeds(
      sourceOf({
        'package.json': { dependencies },
        'package-lock.json': { lockfileVersion: 3, packages: { '': { dependencies }, ...packages } },
      }),
    );

  it('pins what runs: nothing of development, of other systems, or in other archives', () => {
    const { packages, lock, requirements, findings } = needs({
      'node_modules/a': { version: '1.2.3', integrity, hasInstallScript: true },
      'node_modules/@s/b': { version: '2.0.0-rc.1+x', integrity: `sha1-AAAA ${integrity}` },
      'node_modules/a/node_modules/c': { version: '3.0.0', integrity, name: 'real' },
      'node_modules/dev': { version: '1.0.0', dev: true },
      'node_modules/@types/d': { version: '4.0.0', integrity, dev: true },
      'node_modules/win': { version: '1.0.0', integrity, optional: true, os: ['win32'] },
      'node_modules/any': { version: '1.0.0', integrity, optional: true, os: ['!win32'], cpu: ['any'] },
      'node_modules/a/node_modules/bundled': { version: '1.0.0', inBundle: true },
    });
    expect(packages.map(({ path, name }) => [path, name])).toEqual([
      ['node_modules/a', 'a'],
      ['node_modules/@s/b', '@s/b'],
      ['node_modules/a/node_modules/c', 'real'],
      ['node_modules/@types/d', '@types/d'],
      ['node_modules/any', 'any'],
    ]);
    expect(requirements).toEqual(['a@^1']);
    expect(lock?.packages).toEqual(['@s/b@2.0.0-rc.1+x', '@types/d@4.0.0', 'a@1.2.3', 'any@1.0.0', 'real@3.0.0']);
    expect(findings).toMatchObject([{ level: 'warning', message: expect.stringContaining('install script of a') }]);
    expect(needs({ 'node_modules/a': { version: '1.2.4', integrity } }).lock?.digest).not.toBe(lock?.digest);
  });

  it.each([
    [{ '../../etc': { version: '1.0.0', integrity } }, 'folder of its own'],
    [{ 'node_modules/../../x': { version: '1.0.0', integrity } }, 'no place for a package'],
    [{ 'node_modules/a': { version: '1.0.0', integrity, name: '../x' } }, "no package's name"],
    [{ 'node_modules/a': { version: '1.0.0/../../x', integrity } }, 'no version'],
    [{ 'node_modules/a': { version: '1.0.0', integrity: 'sha1-AAAA' } }, 'no hash'],
    [{ 'node_modules/a': { version: '1.0.0', resolved: 'file:/etc/passwd', integrity } }, 'comes from'],
    [{ 'packages/own': { version: '1.0.0' } }, 'folder of its own'],
  ])('refuses %j', (packages, why) => {
    const { findings, lock } = needs(packages);
    expect(findings.map(({ message }) => message).join()).toContain(why);
    expect(lock).toBeNull();
  });
  it('is of npm 7 or newer, is JSON, and goes with package.json', () => {
    const of = (files: Record<string, unknown>) =>
      readNpmNeeds(sourceOf(files))
        .findings.map(({ message }) => message)
        .join();
    const manifest = { 'package.json': { dependencies: { a: '1' } } };
    expect(of({ ...manifest, 'package-lock.json': { lockfileVersion: 1, dependencies: {} } })).toContain('npm 7');
    expect(of({ ...manifest, 'package-lock.json': '{' })).toContain('not a JSON object');
    expect(of({ 'package.json': '[]' })).toContain('not a JSON object');
    expect(of({ ...manifest, 'package-lock.json': { lockfileVersion: 3, packages: {} } })).toContain(
      'does not go with',
    );
    expect(of({})).toBe('');
  });
});

describe('archives of packages', () => {
  it('are files below one folder', async () => {
    const files = await readArchive(archive({ 'package/index.js': 'a', 'other/b/c.js': 'b', lone: '' }), 1e6);
    expect(files.map(({ path, content }) => [path, Buffer.from(content).toString()])).toEqual([
      ['index.js', 'a'],
      ['b/c.js', 'b'],
    ]);
  });
  it('with long names, of pax and of GNU', async () => {
    const long = `package/${'d/'.repeat(80)}x.js`;
    const record = ` path=${long}\n`;
    const length = record.length + 3;
    const pax = tarFile('PaxHeader', Buffer.from(`${length}${record}`), 0);
    pax.write('x', 156);
    const gnu = tarFile('././@LongLink', Buffer.from(`${long}\0`), 0);
    gnu.write('L', 156);
    for (const head of [pax, gnu]) {
      const sum = head.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
      head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      const tar = gzipSync(Buffer.concat([head, tarFile('package/short', Buffer.from('y'), 0), tarEnd()]));
      expect((await readArchive(tar, 1e6)).map(({ path }) => path)).toEqual([long.slice('package/'.length)]);
    }
  });
  it.each([
    ['leads outside', archive({ 'package/../../x': 'a' }), 'leaves its folder'],
    ['is absolute', archive({ '/etc/cron.d/x': 'a' }), 'leaves its folder'],
    ['is a bomb', gzipSync(Buffer.alloc(3e6)), 'more than 1000000 bytes'],
    ['is no archive', Buffer.from('<html>'), 'not compressed'],
    ['is cut off', gzipSync(tarFile('package/a', Buffer.alloc(2000), 0).subarray(0, 1000)), 'cut off'],
    ['is damaged', gzipSync(tarFile('package/a', Buffer.alloc(9), 0).fill(0x37, 148, 154)), 'damaged'],
  ])('what %s is refused', async (_, bytes, why) => {
    await expect(readArchive(bytes, 1e6)).rejects.toThrow(why);
  });
});

describe('installing', () => {
  const good = archive({ 'package/index.js': 'export const a = 1;', 'package/bin/a': '#!/bin/sh' });
  const folder = mkdtempSync(join(tmpdir(), 'crank-npm-'));
  const seen: { url: string | undefined; authorization: string | undefined }[] = [];
  let server: Server;
  let registry: string;
  beforeAll(async () => {
    server = createServer(({ url, headers: { authorization } }, response) => {
      seen.push({ url, authorization });
      if (url?.endsWith('-1.0.0.tgz')) response.end(good);
      else response.writeHead(url?.includes('busy') ? 503 : 404).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const locked = (name: string, version = '1.0.0', integrity = integrityOf(good)): LockedPackage => ({
    path: `node_modules/${name}`,
    ...{ name, version, integrity, resolved: undefined },
  });
  const install = (packages: LockedPackage[], at = 'env') =>
    installPackages(
      packages,
      join(folder, at),
      npmRegistry({ npm_config_registry: registry, npm_config_userconfig: join(folder, 'none') }),
      () => {},
    );

  it("uses the registry and the credentials of npm's configuration, and what was locked", async () => {
    writeFileSync(join(folder, 'npmrc'), `; mine\n//${new URL(registry).host}/npm/:_authToken=\${SECRET}\n`);
    const configured = npmRegistry({
      SECRET: 's3',
      npm_config_registry: registry,
      npm_config_userconfig: join(folder, 'npmrc'),
    });
    expect(configured.archive(locked('@s/a'))).toEqual({
      url: `${registry}/@s/a/-/a-1.0.0.tgz`,
      headers: { authorization: 'Bearer s3' },
    });
    const elsewhere = { ...locked('a'), resolved: 'http://169.254.169.254/a.tgz' };
    expect(configured.archive(elsewhere).url).toBe(`${registry}/a/-/a-1.0.0.tgz`);
    const own = { ...locked('a'), resolved: `${new URL(registry).origin}/files/a.tgz` };
    expect(configured.archive(own).url).toBe(own.resolved);
    writeFileSync(
      join(folder, 'npmrc'),
      '@s:registry=https://scoped.example.org/\nregistry = "https://main.example.org/x"\n',
    );
    const scoped = npmRegistry({ npm_config_userconfig: join(folder, 'npmrc') });
    expect(scoped.archive(locked('@s/a')).url).toBe('https://scoped.example.org/@s/a/-/a-1.0.0.tgz');
    expect(scoped.archive(locked('b')).url).toBe('https://main.example.org/x/b/-/b-1.0.0.tgz');
  });

  it('is done once, whole, and readable for all', async () => {
    await Promise.all([install([locked('a'), locked('@s/b')]), install([locked('a'), locked('@s/b')])]);
    await install([locked('a'), locked('@s/b')]);
    expect(seen.filter(({ url }) => url === '/npm/a/-/a-1.0.0.tgz')).toHaveLength(1);
    const file = join(folder, 'env/node_modules/@s/b/index.js');
    expect(readFileSync(file, 'utf8')).toBe('export const a = 1;');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(statSync(join(folder, 'env/node_modules/@s')).mode & 0o777).toBe(0o755);
  });

  it.each([
    ['other bytes', locked('a', '1.0.0', integrityOf(Buffer.from('other'))), 'not-deployable', 'other bytes'],
    ['a package that is not there', locked('a', '2.0.0'), 'not-deployable', 'does not give it (404)'],
    ['a registry that is out of order', locked('busy', '2.0.0'), 'unavailable', 'answers 503'],
  ])('leaves nothing behind: %s', async (_, one, code, why) => {
    const failed = install([locked('fine'), one], 'broken');
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(why);
    expect(existsSync(join(folder, 'broken'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.env-'))).toEqual([]);
  });
});
