import { findOpa, OPA_VERSION } from '../packages/crank/src/engines/policy/opa.ts';
import { exceptions } from './opa-cases/exceptions.ts';
import { readCases } from './opa-cases/read.ts';
import { runCases } from './opa-cases/run.ts';

// `npm run bench -- opa-cases FOLDER`: OPA's own test cases (`v1/test/cases/testdata` of open-policy-agent/opa, which the Go
// module of the version that is installed here has, too), through our compiling and our evaluator. They are not in this
// repository, but for a few in vectors/.

const [folder, only = ''] = process.argv.slice(2);
const opaPath = await findOpa();
if (folder === undefined || opaPath === undefined) {
  console.error(
    'usage: npm run bench -- opa-cases FOLDER [WORD]   (with v0 and v1 in it; needs opa: run `npm test` once)',
  );
  process.exit(2);
}
const cases = (await readCases(opaPath, folder)).filter(({ note }) => note.includes(only));
const outcomes = await runCases(opaPath, cases, (done) => process.stderr.write(`\r${done} of ${cases.length} `));
process.stderr.write('\n');

const ended = (end: string) => [...outcomes].filter(([, outcome]) => outcome.end === end);
const [passed, failed, refused, lacking] = ['passed', 'failed', 'refused', 'lacking'].map(ended);
console.log(`OPA ${OPA_VERSION}: ${cases.length} cases`);
console.log(`not compiled by opa build -t wasm: ${refused!.length}`);
console.log(`need a built-in that is not there: ${lacking!.length}`);
const unexplained = failed!.filter(([{ note }]) => exceptions[note] === undefined);
const reordered = passed!.filter(([, outcome]) => outcome.end === 'passed' && outcome.reordered).length;
console.log(
  `run: ${passed!.length + failed!.length}; passed: ${passed!.length} (${reordered} with a set in another order); failed: ${failed!.length}, of which without a known reason: ${unexplained.length}`,
);
const needed = new Map<string, number>();
for (const [, outcome] of lacking!)
  for (const name of outcome.end === 'lacking' ? outcome.builtins : []) needed.set(name, (needed.get(name) ?? 0) + 1);
console.log('\nbuilt-ins that are not there, and the cases that need them:');
for (const [name, count] of [...needed].sort(([, a], [, b]) => b - a)) console.log(`- ${name}: ${count}`);
for (const [title, some] of [
  ['not compiled', refused!],
  ['failed', failed!],
] as const) {
  console.log(`\n${title}:`);
  for (const [one, outcome] of some)
    console.log(
      `- ${one.file}: ${one.note}: ${exceptions[one.note] ?? ('why' in outcome ? outcome.why.replaceAll('\n', ' ') : '')}`,
    );
}
process.exitCode = unexplained.length > 0 ? 1 : 0;
