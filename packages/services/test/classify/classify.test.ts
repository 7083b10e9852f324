import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionsIn } from '../../../crank/test/examples/sessions.ts';
import { startNode, type TestNode } from '../../../crank/test/support/node.ts';
import { temporaryFolder } from '../../../crank/test/support/temporary.ts';
import { cards, classify, classify_batch, drift, explain } from '../../classify/main.ts';

const packages = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const settled = (text: string): string => text.replace(/@[0-9a-f]{12}\b/g, '@*').trimEnd();

describe('CrankClassify', () => {
  it('carries the files that students are trained with', () => {
    const own = join(packages, 'services/classify/serving');
    const engine = join(packages, 'crank/src/engines/distill/serving');
    const names = readdirSync(own);
    expect(names).toContain('features.ts');
    for (const name of names)
      expect(readFileSync(join(own, name), 'utf8'), name).toBe(readFileSync(join(engine, name), 'utf8'));
  });

  it('says what it was measured on, and is small', () => {
    for (const [name, card] of Object.entries(cards()) as [
      string,
      { figures: { on: string; texts: number }[]; student: { bytes: number } },
    ][]) {
      expect(card.student.bytes, name).toBeLessThan(300_000);
      for (const { on, texts } of card.figures) expect([on.length > 5, texts > 500], name).toEqual([true, true]);
    }
  });

  it('abstains, explains, and notices texts of another kind', () => {
    expect(classify('Hello', 'spam', 1).label).toBeNull();
    const answers = classify_batch(['Le texte est en français.', 'Этот текст написан по-русски.'], 'language', 0);
    expect(answers.map(({ label }) => label)).toEqual(['fr', 'ru']);
    expect(() => explain('x', 'spam', 'eggs')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('there is no label eggs'),
        [Symbol.for('crank.invalid-input')]: ['label'],
      }),
    );
    const strange = Array.from(
      { length: 120 },
      (_, i) => `Zutaten ${i}: Mehl, Zucker, Butter und etwas Salz gut verrühren`,
    );
    expect(drift(strange).alarm).toBe(true);
  });
});

describe('pages that are run', { timeout: 180_000 }, () => {
  const folder = temporaryFolder('classify-page');
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode({ CRANK_BUILTIN: 'classify' });
    for (const until = Date.now() + 60_000; Date.now() < until; ) {
      if ((await node.request('GET', '/v1/services/classify')).status === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  for (const page of ['classify.md', 'distill.md'])
    it(`docs/${page} does what it shows`, async () => {
      const { files, sessions } = sessionsIn(page);
      for (const [name, text] of files) writeFileSync(join(folder.path, name), text);
      for (const { command, shown } of sessions.flat()) {
        const { stdout } = await run('sh', ['-c', command], {
          cwd: folder.path,
          env: {
            ...process.env,
            PATH: `${join(packages, 'crank/bin')}:${process.env['PATH']}`,
            CRANK_URL: node.url,
            CRANK_DATA: node.data,
          },
        });
        expect(settled(stdout), command).toBe(settled(shown));
      }
    });
});
