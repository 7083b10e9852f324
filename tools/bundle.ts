/**
 * The platform in a few files of JavaScript: its modules and those it depends on, types stripped. A node starts from it in
 * two thirds of the time, and a command in half, so the tests run it (docs/adr/0054-tests-run-a-bundle.md).
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type RolldownPlugin, rolldown } from 'rolldown';
import { root } from './repository.ts';

const source = resolve(root, 'packages/crank/src');
const kept = resolve(root, 'node_modules/.cache/crank');

/** What a module says of its own place; first the worker threads that it starts. */
const ownPlace = /new Worker\(new URL\('(\.\/[\w./-]+\.ts)', import\.meta\.url\)|import\.meta\.url/g;

/** A worker becomes a file of the bundle; other files beside a module stay where they are. */
const places = (out: string): RolldownPlugin => ({
  name: 'places',
  transform(code, id) {
    if (!id.startsWith(source) || !code.includes('import.meta')) return null;
    const place = `new URL(${JSON.stringify(relative(out, id))}, import.meta.url).href`;
    return code.replace(ownPlace, (_, worker?: string) => {
      if (worker === undefined) return place;
      const path = resolve(id, '..', worker);
      const fileName = relative(source, path).replaceAll('/', '-').replace(/ts$/, 'js');
      this.emitFile({ type: 'chunk', id: path, fileName });
      return `new Worker(new URL('./${fileName}', import.meta.url)`;
    });
  },
});

const write = async (out: string): Promise<void> => {
  const build = await rolldown({
    input: { main: join(source, 'app/main.ts') },
    platform: 'node',
    // Loaded when first used, and as large as all the rest.
    external: [/^typescript-api/, /^pg(\/|$)/, /^chokidar$/, /^pdfkit$/],
    plugins: [places(out)],
    logLevel: 'silent',
  });
  try {
    await build.write({ dir: out, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  } finally {
    await build.close();
  }
};

/** Changes with every file that a bundle is made of, and with its place: names of files beside the modules are relative. */
const stateOfSources = (): string => {
  const hash = createHash('sha256').update(kept);
  const files = ['packages/crank/src', 'packages/verify/src'].flatMap((folder) =>
    readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  );
  for (const file of [...files, join(root, 'package-lock.json'), import.meta.filename].sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 24);
};

const DAY = 86_400_000;

/**
 * The main file of a bundle of the sources as they are now, made where there is none (a few seconds).
 * @throws Error where a module is missing, or cannot be bundled
 */
export const currentBundle = async (): Promise<string> => {
  const folder = join(kept, `bundle-${stateOfSources()}`);
  if (!existsSync(folder)) {
    // Beside its later place: names are relative.
    const fresh = join(kept, `new-${randomBytes(8).toString('hex')}`);
    try {
      await write(fresh);
      renameSync(fresh, folder);
    } catch (error) {
      // Another run may have been quicker.
      if (!existsSync(folder)) throw error;
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    // Another run may still use what is not of today.
    for (const name of readdirSync(kept))
      if (statSync(join(kept, name)).mtimeMs < Date.now() - DAY)
        rmSync(join(kept, name), { recursive: true, force: true });
  }
  return join(folder, 'main.js');
};
