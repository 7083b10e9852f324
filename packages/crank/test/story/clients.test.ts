import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CrankClient, CrankProblem } from 'crank-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const SCRIPT = `from pathlib import Path
from typing import Iterator

def power(base: int, exponent: int) -> int:
    return base ** exponent

def count(to: int) -> Iterator[int]:
    for n in range(to):
        if n == 5:
            raise ValueError("five")
        yield n

def shout(text: Path) -> Path:
    loud = Path("loud.txt")
    loud.write_text(text.read_text().upper())
    return loud
`;

/** The published clients against a real node. */
describe('clients', () => {
  let node: TestNode;
  let client: CrankClient;
  beforeAll(async () => {
    node = await startNode();
    client = new CrankClient({ url: node.url, key: node.key });
    await client.deploy([{ path: 'ops.py', content: SCRIPT }]);
  });
  afterAll(() => node.remove());

  it('TypeScript: calls, streams, files, digits and problems', async () => {
    expect((await client.call('ops', 'power', { base: 2, exponent: 10 })).value).toBe(1024);
    expect((await client.callText('ops', 'power', { base: 2, exponent: 100 })).value).toBe(
      '1267650600228229401496703205376',
    );
    const items: number[] = [];
    for await (const item of client.stream<number>('ops', 'count', { to: 3 })) items.push(item);
    expect(items).toEqual([0, 1, 2]);
    const seen: number[] = [];
    const broken = (async () => {
      for await (const item of client.stream<number>('ops', 'count', { to: 9 })) seen.push(item);
    })();
    await expect(broken).rejects.toThrow(CrankProblem);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    const file = await client.call<Blob>('ops', 'shout', {}, { files: { text: new File(['hello'], 'a.txt') } });
    expect(await file.value.text()).toBe('HELLO');
    const problem = await client
      .call('ops', 'power', { base: 'x', exponent: 1 })
      .catch((error: CrankProblem) => error.problem);
    expect(problem).toMatchObject({ status: 422, code: 'invalid-input' });
  });

  it('Python: deploys and calls', async () => {
    const source = fileURLToPath(new URL('../../../../python/src', import.meta.url));
    const program = `
import os, tempfile
from crank_platform import Client, CrankError
client = Client()
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "twice.py")
    with open(path, "w") as file:
        file.write("def twice(x: int) -> int:\\n    return 2 * x\\n")
    client.deploy(path)
print(client.call("twice", "twice", x=2**70))
try:
    client.call("twice", "twice", x="no")
except CrankError as error:
    print(error.code)
`;
    const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-B', '-c', program], {
      env: { ...process.env, PYTHONPATH: source, CRANK_URL: node.url, CRANK_KEY: node.key },
    });
    expect(stdout).toBe(`${2n ** 71n}\ninvalid-input\n`);
  });
});
