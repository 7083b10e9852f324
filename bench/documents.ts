import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asked, type Ended } from './documents/ask.ts';
import { matrix } from './documents/matrix.ts';
import { mutated } from './documents/mutate.ts';
import { pandocCommands } from './documents/pandoc-commands.ts';
import { machine } from './machine.ts';
import { startNode } from './node.ts';
import { descendants } from './processes.ts';

// `npm run bench -- documents corpus FOLDER`: every file of a folder through CrankDoc. Each has to end in a result or in what is wrong
// with it. `-- documents fuzz FOLDER [N] [SEED]`: N mutations of each file, likewise. `-- documents pandoc FOLDER`: pandoc's own command
// tests (its test/command), which have to give through `convert` what the installed pandoc gives. `-- documents matrix`: every pair of
// formats on sample files; writes docs/doc-formats.md.

const [part = '', folder = '', count = '1000', seed = '1'] = process.argv.slice(2);
const AT_ONCE = 4;
const OPERATIONS = ['validate', 'extract_text'];
/** Of the service's own errors: what is wrong is said in words. */
const FINDING = /crankdoc\.errors\.(UnsupportedFile|UnsupportedConversion|BrokenFile|ToolFailed|TooMuch)/;

const outcome = ({ status, code, detail }: Ended): string => {
  if (status === 200) return 'result';
  if (code === 'script-error') return FINDING.exec(detail)?.[1] ?? 'UNEXPECTED EXCEPTION';
  return code;
};

/** Programs of calls that still run. */
const tools = (): string[] =>
  descendants(node.pid)
    .map(({ pid }) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
    .filter((name) => /^(pandoc|pdf|qpdf|tesseract|ff|convert|magick)/.test(name));

console.log(machine());
const node = await startNode({ CRANK_BUILTIN: 'doc' });
try {
  const ask = await asked(node);
  const rows = new Map<string, number>();
  const odd: string[] = [];
  const times: number[] = [];
  const note = (name: string, operation: string, ended: Ended): void => {
    const key = `${operation}: ${outcome(ended)}`;
    rows.set(key, (rows.get(key) ?? 0) + 1);
    times.push(ended.ms);
    if (!/result|Unsupported|Broken|ToolFailed|TooMuch/.test(key))
      odd.push(`${key}: ${name}: ${ended.detail.slice(0, 300)}`);
  };
  const each = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
    const queue = [...items];
    const worker = async (): Promise<void> => {
      for (let item = queue.pop(); item !== undefined; item = queue.pop()) await run(item);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  const files =
    part === 'matrix'
      ? []
      : readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => name);
  if (part === 'corpus')
    await each(files, async (name) => {
      const bytes = readFileSync(join(folder, name));
      for (const operation of OPERATIONS) note(name, operation, await ask(operation, name, bytes, {}));
    });
  else if (part === 'fuzz')
    for (const name of files) {
      const bytes = readFileSync(join(folder, name));
      const operation = 'extract_text';
      const numbers = Array.from({ length: Number(count) }, (_, at) => at);
      await each(numbers, async (at) => {
        note(`${name}#${at}`, operation, await ask(operation, name, mutated(bytes, Number(seed) + at), {}));
      });
      console.error(`${name}: ${count} mutations`);
    }
  else if (part === 'pandoc') {
    const { same, missed, left } = await pandocCommands(folder, files, ask);
    for (const one of missed) console.log(`MISSED ${one}`);
    console.log(
      `${same} of ${same + missed.length} command tests the same; ${left} left out: they use options that read other files.`,
    );
  } else if (part === 'matrix') {
    writeFileSync(new URL('../docs/doc-formats.md', import.meta.url), await matrix(ask, each));
  } else throw new Error('Which part? corpus, fuzz, pandoc or matrix.');
  for (const [key, number] of [...rows].sort()) console.log(`${String(number).padStart(7)}  ${key}`);
  for (const one of odd) console.log(`  ${one}`);
  times.sort((a, b) => a - b);
  if (times.length > 0)
    console.log(
      `${times.length} calls; ms: p50 ${times[times.length >> 1]!.toFixed(0)}, most ${times.at(-1)!.toFixed(0)}`,
    );
  console.log(`the node ${node.alive() ? 'is alive' : 'DIED'}; tools left running: ${tools().join(', ') || 'none'}`);
} finally {
  await node.stop();
}
