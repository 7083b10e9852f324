import { setTimeout as sleep } from 'node:timers/promises';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

describe('kill -9 in the middle of load', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    const deployed = await node.deploy('add', { 'add.py': 'def add(a: int, b: int) -> int:\n    return a + b\n' });
    expect(deployed.status).toBe(201);
  });
  afterAll(() => node.remove());

  it('loses no receipt that a client received, and continues every checkpoint seen', async () => {
    const vkey = (await node.request('GET', '/log/vkey')).text.trim();
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      let running = true;
      const load = Array.from({ length: 4 }, async () => {
        while (running) {
          try {
            const answer = await node.request('POST', '/v1/services/add/add', { json: { a: round, b: 1 } });
            if (answer.status === 200) acknowledged.push(answer.headers.get('crank-receipt')!);
          } catch {
            await sleep(20); // the node is down
          }
        }
      });
      const before = acknowledged.length;
      while (acknowledged.length < before + 25) await sleep(20);
      await node.stop('SIGKILL');
      running = false;
      await Promise.all(load);
      await node.start();
      // Verifies the whole log, and that it continues the head verified in the round before.
      const log = await node.crank(['log', 'verify', '--json']);
      expect(JSON.parse(log.stdout)).toMatchObject({ ok: true });
    }
    for (const path of acknowledged) {
      const receipt = await node.request('GET', path);
      expect(receipt.status).toBe(200);
      expect(await verifyReceipt(receipt.text, { vkeys: [vkey] })).toMatchObject({ kind: 'call' });
    }
  });
});
