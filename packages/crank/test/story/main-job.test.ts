import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const WORDS = `"""Word statistics."""
from collections import Counter


def top_words(text: str, n: int = 3) -> list[tuple[str, int]]:
    """Most frequent words.

    Args:
        text: any text
        n: how many
    """
    print("counting")
    return Counter(text.lower().split()).most_common(n)
`;

/** One script, from an empty data folder to a receipt that verifies after a restart. Each step stands on the one before. */
describe('the main job', () => {
  let node: TestNode;
  const folder = mkdtempSync(join(tmpdir(), 'crank-story-'));
  const file = (name: string): string => join(folder, name);
  beforeAll(async () => {
    writeFileSync(file('words.py'), WORDS);
    node = await startNode();
  });
  afterAll(() => node.remove());

  it('deploys a script with one command', async () => {
    const deployed = await node.crank(['deploy', file('words.py')]);
    expect(deployed).toMatchObject({ code: 0, stderr: '' });
    expect(deployed.stdout).toContain('words.top_words(text, n?)');
  });

  it('deploys it again: same version, nothing done', async () => {
    const again = await node.crank(['deploy', file('words.py'), '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ name: 'words', created: false });
  });

  it('infers the interface from annotations, defaults and docstring', async () => {
    const described = await node.crank(['describe', 'words', '--json']);
    const { operations } = JSON.parse(described.stdout) as { operations: Record<string, unknown>[] };
    expect(operations).toHaveLength(1);
    expect(operations[0]).toMatchObject({
      name: 'top_words',
      description: 'Most frequent words.',
      result: 'json',
      input: {
        type: 'object',
        required: ['text'],
        additionalProperties: false,
        properties: {
          text: { type: 'string', description: 'any text' },
          n: { type: 'integer', default: 3, description: 'how many' },
        },
      },
    });
  });

  it('calls it and stores the receipt', async () => {
    const called = await node.crank([
      'call',
      'words.top_words',
      '-a',
      'text=a b a c a b',
      '-a',
      'n=2',
      '--receipt',
      file('receipt.json'),
    ]);
    expect(called).toEqual({ code: 0, stdout: '[["a",3],["b",2]]\n', stderr: '' });
  });

  it('verifies the receipt offline, with the key alone', async () => {
    const vkey = (await node.request('GET', '/log/vkey')).text.trim();
    const verified = await node.crank(['receipt', 'verify', file('receipt.json'), '--vkey', vkey, '--json'], {
      env: { CRANK_URL: 'http://127.0.0.1:9', CRANK_DATA: '/nonexistent' },
    });
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(verified.stdout)).toMatchObject({
      verified: true,
      predicate: {
        service: 'words',
        operation: 'top_words',
        outcome: 'ok',
        isolation: 'fresh',
        usage: { cpuSource: expect.stringMatching(/^(cgroup|sandbox-reported)$/) },
      },
    });
  });

  it('refuses a receipt with one byte changed, and says which part', async () => {
    const bytes = readFileSync(file('receipt.json'));
    for (const at of [20, Math.floor(bytes.length / 2), bytes.length - 10]) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
      writeFileSync(file('changed.json'), changed);
      const verified = await node.crank(['receipt', 'verify', file('changed.json'), '--json']);
      expect(verified.code).toBe(5);
      expect(JSON.parse(verified.stdout)).toMatchObject({
        verified: false,
        part: expect.any(String),
        reason: expect.any(String),
      });
    }
  });

  it('shows what the call printed, took and cost', async () => {
    const { json } = await node.request<{ calls: { id: string }[] }>('GET', '/v1/calls');
    const call = await node.request<{ usage: { cpuNs: number }; charge: { total: string } }>(
      'GET',
      `/v1/calls/${json.calls[0]!.id}`,
    );
    expect(call.json).toMatchObject({
      outcome: 'ok',
      stdout: 'counting\n',
      energy: { grade: expect.stringMatching(/^[A-D]$/), uncertainty: expect.any(String), source: expect.any(String) },
      charge: { currency: 'USD' },
    });
    expect(call.json.usage.cpuNs).toBeGreaterThan(0);
    expect(Number(call.json.charge.total)).toBeGreaterThan(0.00001);
  });

  it('stops cleanly, starts again, and knows everything', async () => {
    expect(await node.stop('SIGINT')).toBe(0);
    await node.start();
    expect(await node.crank(['receipt', 'verify', file('receipt.json')])).toMatchObject({ code: 0 });
    const called = await node.crank(['call', 'words', '-i', '{"text":"x y x"}']);
    expect(called.stdout).toBe('[["x",2],["y",1]]\n');
    const log = await node.crank(['log', 'verify', '--json']);
    expect(log).toMatchObject({ code: 0 });
    expect(JSON.parse(log.stdout)).toMatchObject({ ok: true });
  });

  it('removes the service and keeps its receipts', async () => {
    expect(await node.crank(['remove', 'words'])).toMatchObject({ code: 0 });
    expect(await node.crank(['call', 'words', '-i', '{"text":"x"}'])).toMatchObject({ code: 2 });
    expect(await node.crank(['receipt', 'verify', file('receipt.json')])).toMatchObject({ code: 0 });
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
  });
});
