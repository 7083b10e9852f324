import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzHttp } from '../../../../bench/http-fuzz.ts';
import { startNode, type TestNode } from '../support/node.ts';

/** The short version of `node bench/http-fuzz.ts URL KEY 10000`. */
describe('malformed requests', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(() => node.remove());

  it('bring no fault of ours, and the node stays well', async () => {
    const report = await fuzzHttp({ url: node.url, key: node.key, requests: 500, seed: 7 });
    expect(report.faults).toEqual([]);
    expect(report.requests).toBe(500);
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
    expect(node.said()).not.toContain('"level":50');
  });
});
