import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const LEAKY = `import os, sys, random

seen = []

def visit(mark: str) -> dict:
    before = {
        "globals": list(seen),
        "modules": getattr(sys, "crank_mark", None),
        "tmp": sorted(os.listdir("/tmp")),
        "work": sorted(os.listdir(".")),
        "environment": os.environ.get("MARK"),
        "random": random.random(),
    }
    seen.append(mark)
    sys.crank_mark = mark
    os.environ["MARK"] = mark
    for path in ("/tmp/" + mark, mark):
        with open(path, "w") as file:
            file.write(mark)
    return before
`;

describe('50 calls that each write to a global, to /tmp and to the environment', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    expect((await node.deploy('leaky', { 'leaky.py': LEAKY })).status).toBe(201);
  });
  afterAll(() => node.remove());

  it('see nothing of one another', async () => {
    const answers: { random: number; [name: string]: unknown }[] = [];
    for (let round = 0; round < 5; round++) {
      const calls = Array.from({ length: 10 }, (_, n) =>
        node.request<{ random: number }>('POST', '/v1/services/leaky/visit', { json: { mark: `m${round}-${n}` } }),
      );
      for (const answer of await Promise.all(calls)) {
        expect(answer.status, answer.text).toBe(200);
        answers.push(answer.json);
      }
    }
    for (const { random: _, tmp, ...rest } of answers) {
      expect(rest).toEqual({ globals: [], modules: null, work: [], environment: null });
      expect(tmp).toEqual(answers[0]!['tmp']);
    }
    expect(new Set(answers.map(({ random }) => random)).size).toBe(50);
  });
});
