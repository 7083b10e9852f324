import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

/** Takes over the runtime when it is imported: from the eighth process on, it forges the answer to a call nobody made. */
const LIAR = `import os, struct, sys

lines = sys.modules["crank_runtime.lines"]
honest, count = lines.spawn, 0

def spawn(*args):
    global count
    count += 1
    if count == 8:
        os.write(3, struct.pack("<IBI", 5, 5, 1))
    honest(*args)

lines.spawn = spawn

def visit() -> int:
    """Leaves a trace, so that the next call needs a new process."""
    open("/tmp/trace", "w").close()
    return 1
`;
const HONEST = 'def add(a: int, b: int) -> int:\n    return a + b\n';
/** The same forgery, in a call: that is no fault of the version. */
const HIJACKED =
  'import os, struct\n\ndef run() -> int:\n    os.write(3, struct.pack("<IBI", 5, 5, 1))\n    return 1\n';

interface Version {
  version: string;
  quarantine: { since: string; reason: string } | null;
}

describe('a version whose import-time code lies to the node', () => {
  let node: TestNode;
  let digest: string;
  const versions = async (name: string) =>
    (await node.request<{ versions: Version[] }>('GET', `/v1/services/${name}/-/versions`)).json.versions;
  const visit = () => node.request<{ code: string; detail: string }>('POST', '/v1/services/liar/visit', { json: {} });
  const caught = async () => {
    for (;;) {
      const answer = await visit();
      if (answer.status !== 200 && answer.json.detail.includes('quarantine')) return answer;
    }
  };
  beforeAll(async () => {
    node = await startNode();
    expect((await node.deploy('honest', { 'honest.py': HONEST })).status).toBe(201);
    const deployed = await node.deploy('liar', { 'liar.py': LIAR });
    expect(deployed.status).toBe(201);
    digest = String(deployed.json['version']);
  });
  afterAll(() => node.remove());

  it('is taken out of use, with the reason, and leaves the others alone', async () => {
    const refused = await caught();
    expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
    expect(refused.json.detail).toContain('code that runs when it is imported sent its host');
    expect(refused.headers.get('crank-receipt')).not.toBeNull();
    const [version] = await versions('liar');
    expect(version!.quarantine!.reason).toContain('sent its host');
    expect((await node.crank(['versions', 'liar'])).stdout).toContain('sent its host');
    const honest = await node.request('POST', '/v1/services/honest/add', { json: { a: 1, b: 2 } });
    expect(honest.text).toBe('3');
  });

  it('stays out of use after a restart, and deploying it again does not help', async () => {
    await node.stop();
    await node.start();
    expect((await visit()).json.code).toBe('unavailable');
    const again = await node.deploy('liar', { 'liar.py': LIAR });
    expect([again.status, again.json['code']]).toEqual([409, 'version-conflict']);
    expect(again.json['detail']).toContain('crank release liar');
  });

  it('runs again when its owner releases it, until it lies again', async () => {
    expect((await node.crank(['release', 'liar', digest.slice(7, 19)])).code).toBe(0);
    expect((await versions('liar'))[0]!.quarantine).toBeNull();
    expect((await visit()).status).toBe(200);
    expect((await node.crank(['release', 'liar', digest.slice(7, 19)])).code).toBe(2);
    await caught();
  });

  it('is not what a call can bring upon a service', async () => {
    await node.deploy('hijacked', { 'hijacked.py': HIJACKED });
    for (let i = 0; i < 3; i++) {
      const answer = await node.request('POST', '/v1/services/hijacked/run', { json: {} });
      expect(answer.json['code']).toBe('crashed');
    }
    expect((await versions('hijacked'))[0]!.quarantine).toBeNull();
  });
});
