import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvLine } from '#src/core/csv.ts';
import type { Report } from '#src/engines/distill/loop/distil.ts';
import { opaPath } from '../policy/opa.ts';
import { type LabellingServer, startLabellingServer } from '../support/labelling-server.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { TICKET_LABELS, tickets } from '../support/tickets.ts';

interface Distilled {
  name: string;
  version: string;
  receipt: string;
  report: Report;
  lineage: { trainedBy: string; call: string; receipt: string };
}

/** A stranger has letters and no labels, a teacher that is right nine times in ten, and two dollars. */
describe.skipIf(opaPath === undefined)('from a teacher to a service', { timeout: 120_000 }, () => {
  const folder = temporaryFolder('distil');
  const all = tickets(300, 11);
  const truths = new Map(all.map(({ text, label }) => [text, TICKET_LABELS[label]!]));
  let teacher: LabellingServer;
  let node: TestNode;
  /** Set: the question of this number is not answered before it is called. */
  let held: { at: number; arrived: () => void; until: Promise<void> } | undefined;

  beforeAll(async () => {
    teacher = await startLabellingServer({
      ...{ truth: (text) => truths.get(text)!, labels: TICKET_LABELS, wrong: 0.1 },
      hold: (asked) => {
        if (asked !== held?.at) return undefined;
        held.arrived();
        return held.until;
      },
    });
    const { host } = new URL(teacher.url);
    node = await startNode({ CRANK_EGRESS: host });
    const rows = all.map(({ text }) => csvLine([text]));
    writeFileSync(join(folder.path, 'letters.csv'), `letter\r\n${rows.join('')}`);
  });
  afterAll(async () => {
    await node.remove();
    await teacher.close();
    folder.remove();
  });

  const distil = (...more: string[]) =>
    node.crank([
      ...['distill', 'letters', '--texts', join(folder.path, 'letters.csv'), '--column', 'letter'],
      ...TICKET_LABELS.flatMap((name) => ['--label', name]),
      ...[
        '--about',
        'Letters to a shop.',
        '--teacher',
        teacher.url,
        '--model',
        'true-labels',
        '--secret',
        'teacher-key',
      ],
      ...['--price', '2.5/10', '--budget', '2', '--most', '110', '--target', '0.85', '--json', ...more],
    ]);

  it('begins with what is missing, in words', async () => {
    const noPrice = await node.crank([
      'distill',
      'x',
      '--texts',
      'y',
      '--label',
      'a',
      '--label',
      'b',
      '--teacher',
      teacher.url,
      '--model',
      'm',
    ]);
    expect([noPrice.code, noPrice.stderr]).toEqual([2, expect.stringContaining('--price 0.15/0.60')]);
    await node.crank(['secret', 'set', 'teacher-key', '-'], { stdin: 'sk-of-the-stranger' });
    const refused = await distil();
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining(
        `was not granted it: no policy of the service's account grants ${new URL(teacher.url).host}`,
      ),
    ]);
    expect(teacher.asked).toBe(0);
  });

  let made: Distilled;
  it('goes on where it was after the node was killed, and pays for no answer twice', async () => {
    let release = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      held = { at: 4, arrived: resolve, until: new Promise((go) => (release = go)) };
    });
    const running = distil('--grant');
    await Promise.race([arrived, running.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    await node.stop('SIGKILL');
    await node.start();
    release();
    const ran = await running;
    expect(ran.code, ran.stderr).toBe(0);
    made = JSON.parse(ran.stdout) as Distilled;
    // The question that was under way is asked again: its answer never arrived. No other is.
    const twice = [...teacher.answered.values()].filter((count) => count > 1).length;
    const { cost, labels } = made.report;
    expect(teacher.asked).toBe(cost.questions + 4 - 3);
    expect(twice).toBeLessThanOrEqual(10 + labels.suspects);
    expect(cost.microUsd / 1e6).toBeLessThanOrEqual(2);
    expect(cost.microUsd).toBeGreaterThanOrEqual(2.5 * teacher.tokens.input + 10 * teacher.tokens.output - 1);
    expect(teacher.last!.headers['authorization']).toBe('Bearer sk-of-the-stranger');
  });

  it('answers, abstains and says why, with a card that names its lineage', async () => {
    const call = async <T>(operation: string, json: object): Promise<T> => {
      const answer = await node.request<T>('POST', `/v1/services/letters/${operation}`, { json });
      expect(answer.status, answer.text).toBe(200);
      return answer.json;
    };
    const fresh = tickets(200, 99);
    const answers = await call<{ label: string | null }[]>('classify_batch', { texts: fresh.map(({ text }) => text) });
    const given = answers.filter(({ label }) => label !== null).length;
    const right = answers.filter(({ label }, i) => label === TICKET_LABELS[fresh[i]!.label]).length;
    expect(given).toBeGreaterThan(100);
    expect(right / given).toBeGreaterThan(0.93);
    const text = 'Hello, the courier lost my parcel';
    expect(await call('classify', { text, threshold: 1 })).toMatchObject({ label: null });
    const why = await call<{ of: string; reasons: { feature: string }[] }>('explain', { text });
    expect([why.of, why.reasons.some(({ feature }) => /courier|lost/.test(feature))]).toEqual(['delivery', true]);
    const card = await call<{ lineage: { trainedBy: string; teacher: object }; report: Report }>('card', {});
    expect(card.lineage.trainedBy).toBe(made.lineage.trainedBy);
    expect(card.report.test.texts).toBe(made.report.labels.test);
  });

  it('has receipts for all of it, and the key is nowhere', async () => {
    for (const [id, what] of [
      [made.lineage.call, 'letters-trainer.run'],
      [made.receipt, ''],
    ] as const) {
      const file = join(folder.path, 'receipt.json');
      await node.crank(['receipt', 'get', id.split('/').at(-1)!, '-o', file]);
      const verified = await node.crank(['receipt', 'verify', file]);
      expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining(what)]);
      expect(readFileSync(file, 'utf8')).not.toContain('sk-of-the-stranger');
    }
    const again = await distil('--canary', '10%');
    expect(again.code, again.stderr).toBe(0);
    const { report, version } = JSON.parse(again.stdout) as Distilled;
    // The same labels are there already: nothing new is on the bill, and the same student comes out.
    expect(report.cost.microUsd).toBe(made.report.cost.microUsd);
    expect(report.test).toEqual(made.report.test);
    expect(version).not.toBe('');
  });
});
