import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { bestOf } from '#src/engines/distill/calibrate.ts';
import { startAsking } from '#src/engines/distill/loop/asking.ts';
import { localDesk } from '#src/engines/distill/loop/desk.ts';
import { distil } from '#src/engines/distill/loop/distil.ts';
import { putQuestion } from '#src/engines/distill/loop/labelling.ts';
import { scoresOf } from '#src/engines/distill/serving/student.ts';
import { type ChatOptions, chatTeacher } from '#src/engines/distill/teacher/chat-teacher.ts';
import { keyOf, readJournal } from '#src/engines/distill/teacher/journal.ts';
import { readAnswers } from '#src/engines/distill/teacher/prompt.ts';
import { type LabellingOptions, type LabellingServer, startLabellingServer } from '../support/labelling-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { TICKET_LABELS, tickets } from '../support/tickets.ts';

const all = tickets(500, 1);
const truths = new Map(all.map(({ text, label }) => [text, TICKET_LABELS[label]!]));
const task = { labels: TICKET_LABELS.map((name) => ({ name })), about: 'Letters to a shop.' };
const asksOf = (texts: readonly string[]) => texts.map((text) => ({ key: keyOf(text), text }));

describe('a teacher behind a chat endpoint', () => {
  const folder = temporaryFolder('teacher');
  let server: LabellingServer;
  afterEach(() => server.close());
  afterAll(folder.remove);

  const start = async (more: Partial<LabellingOptions> = {}, options: Partial<ChatOptions> = {}) => {
    server = await startLabellingServer({ truth: (text) => truths.get(text)!, labels: TICKET_LABELS, ...more });
    const chat = {
      ...({ api: 'openai', url: server.url, model: 'm', batch: 10, pauseMs: 1 } as const),
      prices: { input: 1, output: 4 },
      ...options,
    };
    return { chat, teacher: chatTeacher(task, { ...chat, wording: 'first' }) };
  };

  it('is asked in batches for structured output, by either dialect', async () => {
    for (const api of ['openai', 'anthropic'] as const) {
      const { teacher } = await start({}, { api, key: 'sk-12345678' });
      const asks = asksOf(all.slice(0, 10).map(({ text }) => text));
      const { labels, microUsd } = await teacher.ask(asks);
      expect(asks.map(({ key }) => labels.get(key))).toEqual(asks.map(({ text }) => truths.get(text)));
      expect(microUsd).toBe(server.tokens.input + 4 * server.tokens.output);
      expect(teacher.most(asks)).toBeGreaterThanOrEqual(microUsd);
      const { path, headers, body } = server.last!;
      expect([path, headers['authorization'] ?? headers['x-api-key']]).toEqual(
        api === 'openai' ? ['/v1/chat/completions', 'Bearer sk-12345678'] : ['/v1/messages', 'sk-12345678'],
      );
      expect(JSON.stringify(body)).toContain('"enum":["billing","delivery","fault"]');
      if (api === 'openai') await server.close();
    }
  });

  it('is asked again when it says so, and not where that would mend nothing', async () => {
    // Its own pauses would be an hour: only the server's word ends them sooner.
    const { teacher } = await start(
      { refuse: (asked) => (asked < 3 ? { status: 429, headers: { 'retry-after': '0' } } : undefined) },
      { pauseMs: 3_600_000 },
    );
    expect((await teacher.ask(asksOf([all[0]!.text]))).labels.size).toBe(1);
    expect(server.asked).toBe(3);
    await server.close();
    const { teacher: locked } = await start({ refuse: () => ({ status: 401 }) });
    await expect(locked.ask(asksOf([all[0]!.text]))).rejects.toMatchObject({
      microUsd: 0,
      message: expect.stringContaining('401'),
    });
    expect(server.asked).toBe(1);
  });

  it('is believed about labels that the task has, and nothing else', async () => {
    const answers = (value: unknown) => [...readAnswers(value, task, 3)];
    expect(
      answers(
        '```json\n{"answers":[{"item":0,"label":"Billing"},{"item":1,"label":"praise"},{"item":7,"label":"fault"}]}\n```',
      ),
    ).toEqual([[0, 'billing']]);
    for (const wrong of [
      '',
      'no',
      '{',
      '[]',
      '{"answers":{}}',
      '{"answers":[null,1]}',
      { answers: [{ item: '0', label: 'fault' }] },
    ])
      expect(answers(wrong)).toEqual([]);
    await start();
  });

  it('is never paid beyond the budget, and for no text twice', async () => {
    const { chat, teacher } = await start();
    const purse = { folder: join(folder.path, 'purse'), budget: 'b', limitMicroUsd: 12_000 };
    const asks = asksOf(all.slice(0, 10).map(({ text }) => text));
    const next = teacher.most(asks);
    expect((await putQuestion(teacher, purse, { asks, next })).isExhausted).toBe(true); // nothing was held for it
    expect(server.asked).toBe(0);
    for (let i = 0; i < 20; i++) {
      const some = asksOf(all.slice(i * 5, i * 5 + 10).map(({ text }) => text)); // half of them asked before
      await putQuestion(teacher, purse, { asks: some, next });
      const { spentMicroUsd, heldMicroUsd } = readJournal(purse.folder, teacher.id, 'b');
      expect(spentMicroUsd).toBe(server.tokens.input + 4 * server.tokens.output);
      expect(spentMicroUsd + heldMicroUsd).toBeLessThanOrEqual(purse.limitMicroUsd);
    }
    expect(server.asked).toBeGreaterThan(2);
    expect(server.asked).toBeLessThan(20);
    expect(Math.max(...server.answered.values())).toBe(1);
    // A run that was killed between holding and asking: what it held may be on the bill.
    const { heldMicroUsd } = readJournal(purse.folder, teacher.id, 'b');
    const rich = { ...purse, limitMicroUsd: 1_000_000 };
    await putQuestion(teacher, rich, { asks: [], next });
    const { spentMicroUsd } = await putQuestion(teacher, rich, { asks: [], next, begin: true });
    expect(heldMicroUsd).toBe(0);
    expect(spentMicroUsd).toBe(server.tokens.input + 4 * server.tokens.output + next);
    expect(localDesk(task, chat, rich).batch).toBe(10);
  });

  it('is asked again where an answer is lost, and that may be on the bill, too', async () => {
    const { chat, teacher } = await start({ refuse: (asked) => (asked === 1 ? { status: 0 } : undefined) });
    const texts = all.slice(0, 10).map(({ text }) => text);
    const desk = localDesk(task, chat, { folder: join(folder.path, 'lost'), budget: 'l', limitMicroUsd: 1_000_000 });
    const asking = await startAsking(desk, texts);
    expect((await asking.label([...texts.keys()])).size).toBe(10);
    expect([server.asked, asking.questions]).toEqual([2, 2]);
    expect(asking.spentMicroUsd).toBe(server.tokens.input + 4 * server.tokens.output + teacher.most(asksOf(texts)));
  });

  it('teaches a student on a tenth of the texts, wrong in a tenth of its answers', async () => {
    const { chat } = await start({ wrong: 0.1 });
    const desk = localDesk(task, chat, { folder: join(folder.path, 'distil'), budget: 'd', limitMicroUsd: 2_000_000 });
    const items = all.map(({ text, label }, i) => ({ text, ...(i % 10 === 0 && { label: TICKET_LABELS[label]! }) }));
    const { student, report } = await distil(items, desk, {
      ...{ labels: TICKET_LABELS, most: 210, target: 0.9, seed: 1, split: 'random', progress: () => {} },
    });
    const right = tickets(200, 77).filter(({ text, label }) => bestOf(scoresOf(student, text)) === label).length;
    expect(right).toBeGreaterThan(190);
    expect(report.cost.microUsd).toBe(server.tokens.input + 4 * server.tokens.output);
    expect(report.labels.corrected + report.labels.dropped).toBeGreaterThan(3);
    expect(report.person!.student.accuracy).toBeGreaterThan(report.person!.teacher!);
    expect(Math.max(...server.answered.values())).toBeLessThanOrEqual(2); // once in each wording
  });
});
