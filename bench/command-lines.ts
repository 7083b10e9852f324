import { join } from 'node:path';
import { repositories, standardLibrary } from './command-lines/cases.ts';
import { compare, interpreterOf } from './command-lines/compare.ts';
import { machine } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- command-lines [FOLDER]`: scripts that were not written for Crank, on the command line and through a
// node, with the same interpreter. FOLDER holds repositories as OWNER/NAME/...; without it only the standard library's own
// tools run. Prints what does not come out the same, and why.

const folder = process.argv[2];
console.log(machine());
const node = await startNode();
try {
  const { python, library } = await interpreterOf(node);
  const pathOf = (source: string): string | undefined => {
    const [from, path] = source.split(/:(.*)/s) as [string, string];
    if (from === 'stdlib') return join(library, path);
    return folder === undefined ? undefined : join(folder, from, path);
  };
  const rows = await compare(node, python, [...standardLibrary, ...repositories], pathOf);
  const scripts = new Set(rows.map(({ source }) => source));
  const missed = new Set(rows.filter(({ cause }) => cause !== undefined).map(({ source }) => source));
  for (const { source, words, cause } of rows)
    console.log(
      `${cause === undefined ? 'same  ' : 'MISSED'} ${source} ${words}${cause === undefined ? '' : `\n         ${cause}`}`,
    );
  const same = rows.filter(({ cause }) => cause === undefined).length;
  console.log(
    `${same} of ${rows.length} command lines the same; of ${scripts.size} scripts ${scripts.size - missed.size}`,
  );
  if (folder === undefined) console.log('(repositories were left out: no folder was given)');
} finally {
  await node.stop();
}
