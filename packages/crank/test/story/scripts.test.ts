import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNode } from '../../../../bench/node.ts';
import { deployAll, works } from '../../../../bench/scripts.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** The short version of `npm run bench -- scripts FOLDER`. */
test('scripts that declare nothing deploy as they stand, and run', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder('scripts');
  const script = (name: string, text: string, input: unknown): void => {
    writeFileSync(join(folder.path, `${name}.py`), text);
    writeFileSync(join(folder.path, `${name}.call.json`), JSON.stringify({ operation: 'run', input }));
  };
  script('tables', 'from tabulate import tabulate\ndef run(rows):\n    return tabulate(rows)\n', { rows: [[1, 2]] });
  script('later', 'def run(text: str):\n    import yaml\n    return yaml.safe_load(text)\n', { text: 'a: [1]' });
  script(
    'starts',
    'import subprocess\ndef run() -> str:\n    return subprocess.check_output(["echo", "hi"], text=True)\n',
    {},
  );
  script('slip', 'import reqeusts\ndef run() -> int:\n    return 1\n', {});
  const node = await startNode();
  try {
    const reports = await deployAll(folder.path, node);
    expect(Object.fromEntries(reports.map((one) => [one.name, works(one)]))).toEqual({
      ...{ tables: true, later: true, starts: true, slip: false },
    });
    expect(reports.map(({ requirements }) => requirements.join())).toEqual(['pyyaml', '', '', 'tabulate']);
    expect(reports[1]!.said.join('\n')).toMatch(/could be a slip of requests/);
    const described = await fetch(`${node.url}/v1/services/starts`, { headers: node.headers });
    expect(await described.json()).toMatchObject({ limits: { subprocesses: 16 } });
  } finally {
    await node.stop();
    folder.remove();
  }
});
