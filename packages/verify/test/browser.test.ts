import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { expect, it } from 'vitest';
import { bundle, chromium, inBrowser, modules } from './browser.ts';

const receipts = readFileSync(new URL('../../../vectors/receipt/receipts.json', import.meta.url), 'utf8');

/** Verifies every receipt of the vectors: the names of those that hold, and the part named for each other. */
const judge = `async (lib, { vkey, good, tampered }) => {
  const said = {};
  for (const { name, file, output, input } of [...good, ...tampered]) {
    const bytes = (text) => (text === undefined ? undefined : new TextEncoder().encode(text));
    try {
      const receipt = await lib.verifyReceipt(bytes(file), { vkeys: [vkey], output: bytes(output), input: bytes(input) });
      said[name] = lib.explainReceipt(receipt, 0).proven.length > 1 ? 'holds' : 'nothing proven';
    } catch (error) {
      said[name] = error.part ?? String(error);
    }
  }
  return said;
}`;

const { good, tampered } = JSON.parse(receipts) as {
  good: { name: string }[];
  tampered: { name: string; part: string }[];
};
const expected = Object.fromEntries([
  ...good.map(({ name }) => [name, 'holds']),
  ...tampered.map(({ name, part }) => [name, part]),
]);

it.each(Object.entries(modules()))('%s imports nothing from elsewhere', (_name, source) => {
  expect([...source.matchAll(/\bfrom '([^']+)'/g)].filter((match) => !match[1]!.startsWith('./'))).toEqual([]);
});

it('verifies where there is nothing of Node, only what every browser has', async () => {
  // A context of its own has the language's globals and no others.
  const context = createContext({ crypto, TextEncoder, TextDecoder, vectors: receipts });
  runInContext(bundle(), context);
  const said: unknown = await runInContext(`(${judge})(crankVerify, JSON.parse(vectors))`, context);
  expect(Object(said)).toEqual(expected);
});

const program = chromium();

it.skipIf(program === undefined)('verifies in Chromium, where there is one on this machine', async () => {
  const script = `
    import * as lib from '/verify/index.ts';
    const vectors = await (await fetch('/receipts.json')).json();
    const said = await (${judge})(lib, vectors).catch((error) => String(error));
    await fetch('/done', { method: 'POST', body: JSON.stringify(said) });`;
  expect(await inBrowser(program!, script, { '/receipts.json': receipts })).toEqual(expected);
});
