import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlGroupsOf } from '../../../../bench/left.ts';
import { descendants, lives, processesAround } from '../../../../bench/processes.ts';
import { startNode, type TestNode } from '../support/node.ts';

describe('kill -9 in the middle of load', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    const deployed = await node.deploy('add', { 'add.py': 'def add(a: int, b: int) -> int:\n    return a + b\n' });
    expect(deployed.status).toBe(201);
  });
  afterAll(() => node.remove());

  it('leaves no process or mount, and its folders and control groups only until the next start', async () => {
    await node.deploy('slow', { 'slow.py': 'import time\n\n\ndef wait() -> None:\n    time.sleep(60)\n' });
    const killed = node.pid();
    const calls = Array.from({ length: 3 }, () =>
      node.request('POST', '/v1/services/slow/wait', { json: {} }).catch(() => undefined),
    );
    const inside = () => descendants(killed);
    // bubblewrap, its pid 1, the zygote, its slots and the calls in them
    while (inside().filter(({ depth }) => depth === 5).length < 3) await sleep(20);
    const known = inside();
    const scratch = (): string[] => readdirSync(join(node.data, 'scratch'));
    const left = scratch();
    expect(left.length).toBeGreaterThan(0);
    await node.stop('SIGKILL');
    await Promise.all(calls);
    while (known.some(lives) || processesAround(node.data).length > 0) await sleep(20);
    await node.start();
    expect(scratch().filter((name) => left.includes(name))).toEqual([]);
    expect(controlGroupsOf(killed)).toEqual([]);
  });

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
