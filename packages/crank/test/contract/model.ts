import { expect } from 'vitest';
import { dear, identity } from '../support/onnx-model.ts';
import type { RuntimeAdapter } from './runtime.contract.ts';

const NO_OPERATOR = 'no operator of ONNX does that';
const UNNAMED = 'no operator of ONNX names a process; test/story/models.test.ts has it';

const echo = (text: string) => ({ path: 'row-text/say', json: { text } });

/** Models that are made here: a text that is given back, and a product that takes as long and as much as one likes. */
export const model: RuntimeAdapter = {
  name: 'model',
  deploy: async (node, limits) => {
    const text = { model: { operations: { say: { takes: 'text' } } } };
    for (const [name, bytes, manifest] of [
      ['row-text', identity(['batch'], 'string'), text],
      ['row-dear', dear(12), {}],
    ] as const) {
      const form = new FormData();
      form.append('name', name);
      form.append('manifest', JSON.stringify({ runtime: 'model', limits, ...manifest }));
      form.append('file', new Blob([new Uint8Array(bytes)]), 'model.onnx');
      const answer = await node.request('POST', '/v1/services', { body: form });
      expect(answer.status, answer.text).toBe(201);
    }
  },
  failure: /row-dear/,
  does: {
    echo: ({ text }) => echo(text),
    refuse: () => ({ path: 'row-text/say', json: { text: 7 } }),
    fail: () => ({ path: 'row-dear/predict', json: { size: [-3, 3] } }),
    reject: NO_OPERATOR,
    crash: NO_OPERATOR,
    spin: () => ({ path: 'row-dear/predict', json: { size: [1_500, 1_500] } }),
    sleep: UNNAMED,
    hog: () => ({ path: 'row-dear/predict', json: { size: [20_000, 20_000] } }),
    long: ({ size }) => echo('x'.repeat(size)),
    large: 'a model answers JSON',
    fill: NO_OPERATOR,
    processes: NO_OPERATOR,
    shout: 'a model answers JSON',
    count: 'a model answers JSON',
    flood: 'a model answers JSON',
    connect: NO_OPERATOR,
    read: NO_OPERATOR,
    leave: NO_OPERATOR,
    look: NO_OPERATOR,
  },
};
