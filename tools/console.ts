/**
 * Builds the web console into packages/console/dist, where it is not built of its sources as they are (docs/adr/0056-console.md).
 * usage: node tools/console.ts
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './repository.ts';

const folder = resolve(root, 'packages/console');
const dist = join(folder, 'dist');
const MARK = '.built';

/** What a browser loads before it shows anything: bytes of JavaScript, compressed. */
const INITIAL = 250 * 1024;

const filesIn = (path: string): string[] =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      );

/** Of all that it is made of, by content: a checkout of another branch and back needs no new build. */
const stateOfSources = (): string => {
  const hash = createHash('sha256');
  const parts = ['packages/console/src', 'packages/console/index.html', 'packages/sdk/src', 'packages/verify/src'];
  const all = [...parts.map((part) => resolve(root, part)), resolve(root, 'package-lock.json'), import.meta.filename];
  for (const path of all.flatMap(filesIn).sort()) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
};

/** Size of what index.html names, and what that imports at once. */
const initialSize = (out: string): number => {
  const scripts = readFileSync(join(out, 'index.html'), 'utf8').matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g);
  return [...new Set([...scripts].map(([, name]) => name!))].reduce(
    (sum, name) => sum + statSync(join(out, `${name}.gz`)).size,
    0,
  );
};

const build = async (out: string): Promise<void> => {
  const { build } = await import('vite');
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir: out,
      target: 'es2023',
      // Small files are requests that cost nothing, and no style has to allow data: then.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  for (const path of filesIn(join(out, 'assets')))
    if (!path.endsWith('.woff2')) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
};

/** @throws Error where it does not build, or is too large */
const main = async (): Promise<void> => {
  const state = stateOfSources();
  const mark = join(dist, MARK);
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== state) {
    // Beside its place, so that a node which serves meanwhile never sees half of it.
    const fresh = join(folder, `dist-${process.pid}`);
    try {
      await build(fresh);
      writeFileSync(join(fresh, MARK), state);
      rmSync(dist, { recursive: true, force: true });
      renameSync(fresh, dist);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  utimesSync(mark, new Date(), new Date());
  const size = initialSize(dist);
  const text = `${(size / 1024).toFixed(0)} of ${INITIAL / 1024} KiB of JavaScript at first`;
  if (size > INITIAL) throw new Error(`${text}: load less of it at first`);
  console.log(`console: ${text}`);
};

await main();
