import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { campaign, type Judged, type Outcome, type Report } from './doctests/campaign.ts';
import { collect } from './doctests/collect.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- doctests FOLDER [--python 3.13] [--interpreter PATH] [--out FILE]`: each Python file of a collection
// becomes a service of a real node, and the worked examples in its docstrings are called over HTTP. DOCTESTS.md has what
// came of it. Exit code 1 where less than 99% of what could be deployed gave what it states.

const MUST = 0.99;

/** What the files may import from elsewhere, and the distribution that has it. Anything else stays unresolved. */
const ALLOWED: Readonly<Record<string, string>> = {
  PIL: 'pillow',
  bs4: 'beautifulsoup4',
  cv2: 'opencv-python-headless',
  fake_useragent: 'fake-useragent',
  httpx: 'httpx',
  lxml: 'lxml',
  matplotlib: 'matplotlib',
  numpy: 'numpy',
  pandas: 'pandas',
  pytest: 'pytest',
  requests: 'requests',
  rich: 'rich',
  scipy: 'scipy',
  sklearn: 'scikit-learn',
  statsmodels: 'statsmodels',
  sympy: 'sympy',
  typing_extensions: 'typing-extensions',
  xgboost: 'xgboost-cpu',
};

const MEANING: Readonly<Record<Outcome, string>> = {
  value: 'the value that the docstring states',
  exception: '`script-error` with the exception that the docstring states',
  printed: 'nothing, as the function does; what the docstring shows is what it printed (stdout in the call’s history)',
  refused: '`invalid-input` where an exception is stated',
  miss: 'something else',
  'not-offered': 'the function is not offered from outside',
  'not-deployed': 'the file could not be deployed',
};
const RIGHT: readonly Outcome[] = ['value', 'exception', 'printed'];

const show = (report: Report): number => {
  const of = (outcomes: readonly Outcome[]): Judged[] =>
    report.judged.filter(({ outcome }) => outcomes.includes(outcome));
  const rows = Object.entries(MEANING).map(([outcome, meaning]) => [
    outcome,
    meaning,
    String(of([outcome as Outcome]).length),
  ]);
  console.log(markdown(['outcome', 'what came', 'examples'], rows));
  const operations = new Set(report.judged.map(({ file, example }) => `${file} ${example.operation}`));
  const right = of(RIGHT).length;
  const deployed = report.judged.length - of(['not-deployed']).length;
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)}%`;
  console.log(
    `\n${report.judged.length} examples of ${operations.size} functions and methods in ${report.files} files; ${report.deployed} files deployed. Right: ${right} of ${deployed} that could be deployed, ${percent(right, deployed)}; of all, ${percent(right, report.judged.length)}.\n`,
  );
  for (const { file, why } of report.notDeployed) console.log(`- not deployed: ${file}: ${why}`);
  for (const { file, example, outcome, got } of of(['miss', 'refused', 'not-offered'])) {
    const { type, message } = example.exception ?? { type: '', message: '' };
    const stated = example.value ?? `${type}: ${message}`;
    console.log(`- ${outcome}: ${file}:${example.line} ${example.source} states ${stated}, gives ${got}`);
  }
  return right / deployed;
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    interpreter: { type: 'string', default: 'python3' },
    out: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: npm run bench -- doctests FOLDER [--python 3.13] [--interpreter PATH] [--out FILE]');
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
console.error(machine());
const collected = collect(folder, values.interpreter);
const node = await startNode();
let share = 0;
try {
  const report = await campaign(collected, {
    folder,
    url: node.url,
    headers: node.headers,
    allowed: ALLOWED,
    ...(values.python !== undefined && { python: values.python }),
    onProgress: console.error,
  });
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(report, undefined, 1));
  share = show(report);
} finally {
  await node.stop();
}
process.exit(share >= MUST ? 0 : 1);
