import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './repository.ts';

// Makes what is published: JavaScript and declarations, since Node strips no types from what is installed, in a tarball.
// usage: node tools/pack.ts [--dry-run] [FOLDER]     packages/verify and packages/sdk, into FOLDER (dist)

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string>;
  [member: string]: unknown;
}

export interface Packed {
  name: string;
  version: string;
  /** Path of the tarball; it is not there after a dry run. */
  file: string;
  /** Paths within it. */
  files: string[];
}

const published = ['packages/verify', 'packages/sdk'];

/** Where a source stands once it is built: `./src/a.ts` is `./dist/a.js`. */
const built = (path: string, extension: string): string =>
  path.replace(/^\.\/src\/(.*)\.ts$/, (_, name: string) => `./dist/${name}${extension}`);

const buildTo = (source: string, target: string): void => {
  const options = {
    extends: resolve(root, 'tsconfig.json'),
    compilerOptions: {
      ...{ noEmit: false, declaration: true, rewriteRelativeImportExtensions: true, lib: ['es2024', 'dom', 'esnext'] },
      // Nothing of Node, so that what a browser lacks does not go out unnoticed.
      ...{ types: [], rootDir: join(source, 'src'), outDir: join(target, 'dist') },
    },
    include: [join(source, 'src')],
    exclude: [],
  };
  writeFileSync(join(target, 'tsconfig.json'), JSON.stringify(options));
  const compiler = resolve(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(target, 'tsconfig.json')], { cwd: source, encoding: 'utf8' });
  rmSync(join(target, 'tsconfig.json'));
};

/** @throws Error with the compiler's or npm's words where a package cannot be made */
export const pack = (path: string, folder: string, dryRun: boolean): Packed => {
  const source = resolve(root, path);
  const target = mkdtempSync(join(tmpdir(), 'crank-pack-'));
  try {
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
    buildTo(source, target);
    for (const name of ['README.md', 'schemas'])
      if (existsSync(join(source, name))) cpSync(join(source, name), join(target, name), { recursive: true });
    cpSync(resolve(root, 'LICENSE'), join(target, 'LICENSE'));
    const exports = Object.entries(manifest.exports).map(([name, file]) => [
      name,
      file.endsWith('.ts') ? { types: built(file, '.d.ts'), default: built(file, '.js') } : file,
    ]);
    writeFileSync(
      join(target, 'package.json'),
      JSON.stringify({ ...manifest, exports: Object.fromEntries(exports) }, null, 2),
    );
    mkdirSync(folder, { recursive: true });
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...(dryRun ? ['--dry-run'] : [])];
    const said = execFileSync('npm', args, { cwd: target, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const answer = JSON.parse(said) as unknown;
    const [made] = (Array.isArray(answer) ? answer : Object.values(answer as object)) as [
      { filename: string; files: { path: string }[] },
    ];
    const { name, version } = manifest;
    return { name, version, file: join(folder, made.filename), files: made.files.map((file) => file.path).sort() };
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const folder = resolve(positionals[0] ?? join(root, 'dist'));
  for (const path of published) {
    const { name, version, file, files } = pack(path, folder, values['dry-run']);
    console.log(`${name}@${version}: ${files.length} files${values['dry-run'] ? ', dry run' : ` in ${file}`}`);
  }
}
