import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { campaign, type Outcome } from './doctests/campaign.ts';
import { collect } from './doctests/collect.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- doctests FOLDER [--python 3.13] [--out FILE]`: each Python file of a collection becomes a service of
// a real node, and the worked examples in its docstrings are called over HTTP. docs/doctests.md has what came of it.

/** What the files may import from elsewhere: the distribution of each module. */
const ALLOWED = {
  numpy: 'numpy', scipy: 'scipy', pandas: 'pandas', matplotlib: 'matplotlib', sympy: 'sympy', PIL: 'pillow',
  bs4: 'beautifulsoup4', httpx: 'httpx', requests: 'requests', sklearn: 'scikit-learn', lxml: 'lxml', rich: 'rich',
  cv2: 'opencv-python-headless', statsmodels: 'statsmodels', pytest: 'pytest',
};

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { python: { type: 'string' }, out: { type: 'string' }, program: { type: 'string', default: 'python3' } },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('usage: npm run bench -- doctests FOLDER [--python 3.13] [--out FILE]');
  const collected = collect(folder, values.program);
  console.error(machine());
  const start = performance.now();
  const node = await startNode();
  try {
    const report = await campaign(collected, {
      folder, url: node.url, headers: node.headers, allowed: ALLOWED,
      ...(values.python && { python: values.python }), onProgress: console.error,
    });
    const by = (outcome: Outcome) => report.judged.filter((each) => each.outcome === outcome);
    if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(report, undefined, 1));
    console.log(markdown(['outcome', 'examples'], ['value', 'exception', 'printed', 'refused', 'not-offered', 'not-deployed', 'miss'].map((each) => [each, String(by(each as Outcome).length)])));
    console.log(`${report.deployed} of ${report.files} files; ${((performance.now() - start) / 1000).toFixed(0)} s`);
  } finally {
    await node.stop();
  }
}
