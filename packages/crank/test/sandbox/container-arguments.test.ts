import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { calling, templateOf, type Workshop, workshop } from './harness.ts';

/**
 * What an engine is told, recorded by a command line that runs no container: so that this is held where no engine is,
 * too. What becomes of it in real containers is in container.test.ts.
 */
describe.each(['docker', 'podman'])('a recorded %s', (kind) => {
  let folder: ReturnType<typeof temporaryFolder>;
  let shop: Workshop;
  let refusal: unknown;
  let ran: string[][];

  beforeAll(async () => {
    folder = temporaryFolder('fake-engine');
    const engine = join(folder.path, kind);
    const log = join(folder.path, 'log');
    writeFileSync(
      engine,
      `#!/bin/sh
case "$1" in
--version) echo "${kind} version 9" ;;
version) echo '{"Client":{"Version":"9.9"}}' ;;
image) exit 1 ;;
import) cat > "${folder.path}/image.tar" ;;
ps) ;;
run) for word in "$@"; do printf '%s\\0' "$word"; done >> "${log}"; printf '\\n' >> "${log}"; echo "it runs nothing" >&2; exit 125 ;;
esac
`,
    );
    chmodSync(engine, 0o755);
    shop = workshop({ container: { engine } });
    refusal = await calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'container'))('add', { a: 1, b: 1 }).catch(
      (error: unknown) => error,
    );
    ran = readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\0').filter(Boolean));
  });
  afterAll(async () => {
    await shop.remove();
    folder.remove();
  });

  const zygote = () => ran.at(-1)!;
  const after = (args: readonly string[], option: string) =>
    args.flatMap((arg, i) => (args[i - 1] === option ? [arg] : []));

  it('is told of every wall, in every container', () => {
    expect(ran.length).toBeGreaterThan(1);
    for (const args of ran) {
      expect(args[0]).toBe('run');
      expect(args).toEqual(expect.arrayContaining(['--rm', '--read-only']));
      expect(after(args, '--network')).toEqual(['none']);
      expect(after(args, '--ipc')).toEqual(['none']);
      expect(after(args, '--pull')).toEqual(['never']);
      expect(after(args, '--cap-drop')).toEqual(['ALL']);
      expect(after(args, '--security-opt')).toContain('no-new-privileges');
      expect(after(args, '--user')).toEqual(['64321:64321']);
      expect(after(args, '--pids-limit')).toHaveLength(1);
      expect(Number(after(args, '--memory')[0])).toBeLessThan(4 * 2 ** 30);
      for (const volume of after(args, '--volume')) expect(volume).toMatch(/:ro$/);
      expect(args.some((arg) => /privileged|cap-add|docker\.sock|--device/.test(arg))).toBe(false);
    }
  });

  it('is asked for namespaces inside with its own name for an open /proc, and then for none', () => {
    const open = kind === 'podman' ? 'unmask=ALL' : 'systempaths=unconfined';
    expect(after(ran[0]!, '--security-opt')).toEqual(expect.arrayContaining(['seccomp=unconfined', open]));
    // That failed: from then on its own filter and profile stand.
    expect(after(zygote(), '--security-opt')).toEqual(['no-new-privileges', 'label=disable']);
  });

  it('is given what the service needs, and none of our secrets', () => {
    const volumes = after(zygote(), '--volume');
    expect(volumes).toContain(`${shop.codeDir}:/code:ro`);
    expect(volumes.some((volume) => volume.endsWith(':/channels:ro'))).toBe(true);
    expect(volumes.some((volume) => volume.endsWith('/closed:/etc/hosts:ro'))).toBe(true);
    expect(volumes.some((volume) => volume.endsWith('/nothing:/dev/mqueue:ro'))).toBe(true);
    expect(zygote().join(' ')).not.toMatch(/secret/);
    expect(after(zygote(), '--env').every((text) => !text.includes('CRANK'))).toBe(true);
  });

  it('of a module for Node it is given what that runs with', async () => {
    const template = templateOf(shop, 'module.mjs', 'container', { libDirs: [folder.path] });
    await calling(shop.sandbox, template)('f').catch(() => {});
    const last = readFileSync(join(folder.path, 'log'), 'utf8').trimEnd().split('\n').at(-1)!.split('\0');
    const volumes = after(last, '--volume');
    for (const inside of ['/node/bin/node', '/node/typescript', '/node/node_modules/@types/node'])
      expect(
        volumes.some((volume) => volume.endsWith(`:${inside}:ro`)),
        inside,
      ).toBe(true);
    expect(volumes).toContain(`${folder.path}/node_modules:/node_modules:ro`);
    expect(after(zygote(), '--volume').some((volume) => volume.includes(':/node'))).toBe(false);
  });

  it('gets an image of folders and links alone', () => {
    const tar = readFileSync(join(folder.path, 'image.tar'));
    expect(tar.length % 512).toBe(0);
    for (let at = 0; at < tar.length - 1024; at += 512) {
      expect(tar.toString('latin1', at + 257, at + 262)).toBe('ustar');
      expect('25').toContain(tar.toString('latin1', at + 156, at + 157));
    }
  });

  it('says what the engine said when no container comes', () => {
    expect(refusal).toMatchObject({
      code: 'isolation-unavailable',
      message: expect.stringContaining('it runs nothing') as string,
    });
    expect(existsSync(shop.root)).toBe(true);
  });
});
