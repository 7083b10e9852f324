import { readdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { sha256 } from '#src/core/digest.ts';
import { placeOnce } from './place-once.ts';

const source = fileURLToPath(new URL('./runtime/node/', import.meta.url));

/**
 * What runs in a module's Node before and around it, without its types, in a folder below `runtimeDir` that is named by its
 * content. Made when the first module for Node is to run: taking types away is a sixth of what starting a node costs.
 */
export const placeNodeRuntime = async (runtimeDir: string): Promise<string> => {
  const names = (await readdir(source)).filter((name) => name.endsWith('.ts')).sort();
  const texts = await Promise.all(names.map((name) => readFile(`${source}${name}`, 'utf8')));
  const digest = sha256(...names.flatMap((name, i) => [`${name}:${texts[i]!.length}:`, texts[i]!])).toString('hex');
  return placeOnce(runtimeDir, `node-runtime-${digest.slice(0, 24)}`, async (fresh) => {
    await writeFile(`${fresh}/package.json`, '{"type":"module"}\n');
    for (const [i, name] of names.entries()) {
      // What it imports is without types, too.
      const text = stripTypeScriptTypes(texts[i]!).replaceAll(
        /(?<=from '\.\/[\w-]+\.|import\('\.\/[\w-]+\.)ts'/g,
        "js'",
      );
      await writeFile(`${fresh}/${name.replace(/\.ts$/, '.js')}`, text);
    }
  });
};
