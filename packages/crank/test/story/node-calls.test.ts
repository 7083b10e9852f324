import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';

const WORDS = `
from crank_platform import context

def count(text: str) -> int:
    return len(text.split())

def fail() -> int:
    raise ValueError("no words today")

def letters(text: str):
    yield from text

def back(text: str) -> int:
    return context.call("pages.total", texts=[text])
`;
const PAGES = `
interface Context {
  call(target: string, args?: object): Promise<unknown>;
  progress(fraction: number | null, message?: string): void;
}

/** How many words all texts have. */
export async function total(texts: string[], context: Context): Promise<number> {
  const counts = await Promise.all(texts.map((text) => context.call('words.count', { text })));
  return (counts as number[]).reduce((sum, one) => sum + one, 0);
}

export async function* each(texts: string[], context: Context): AsyncGenerator<number> {
  for (const [at, text] of texts.entries()) {
    context.progress(at / texts.length, \`text \${at + 1}\`);
    yield (await context.call('words.count', { text })) as number;
  }
}

export const letters = async (text: string, context: Context): Promise<string[]> =>
  (await context.call('words.letters', { text })) as string[];

export async function trouble(context: Context): Promise<string> {
  try {
    await context.call('words.fail');
    return 'none';
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return \`\${name} \${code} \${message}\`;
  }
}

export const circle = (context: Context): Promise<unknown> => context.call('words.back', { text: 'a b' });
export const wrong = (context: Context): void => context.progress(2);
export const unheard = (context: Context): boolean => {
  void context.call('words.count', { text: 'a' }).catch(() => undefined);
  return true;
};
`;

/** What a module for Node says during its call: it calls others, and tells how far it is. */
describe('modules for Node call other services', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    for (const [name, files] of Object.entries({ words: { 'words.py': WORDS }, pages: { 'pages.ts': PAGES } })) {
      const deployed = await node.deploy(name, files);
      expect(deployed.status, deployed.text).toBe(201);
    }
  });
  afterAll(() => node.remove());

  const call = (operation: string, json: object, headers: Record<string, string> = {}) =>
    node.request<Record<string, never>>('POST', `/v1/services/pages/${operation}`, { json, headers });

  it('many at one time, each with a receipt that names the parent', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => 'w '.repeat(n));
    const answer = await call('total', { texts });
    expect(answer.text).toBe('190');
    const { json } = await node.request<{ parent: unknown; children: unknown[] }>(
      'GET',
      `/v1/calls/${answer.headers.get('crank-call')}`,
    );
    expect(JSON.stringify(json).match(/call_[0-9a-z]{26}/g)!.length).toBeGreaterThan(20);
  });

  it('within a stream, with progress between its items', async () => {
    const { text } = await call('each', { texts: ['a b', 'c'] }, { accept: 'text/event-stream' });
    expect(text).toContain('event: progress\ndata: {"fraction":0.5,"message":"text 2"}');
    expect([...text.matchAll(/^data: (\d)$/gm)].map(([, item]) => item)).toEqual(['2', '1']);
  });

  it('and get streams as lists, and errors as errors', async () => {
    expect((await call('letters', { text: 'abc' })).text).toBe('["a","b","c"]');
    expect((await call('trouble', {})).text).toBe(
      '"CallError script-error words.fail raised ValueError: no words today"',
    );
  });

  it('in no circle', async () => {
    // pages.circle calls words.back, which calls pages.total, which calls words.count: none of them twice.
    expect((await call('circle', {})).text).toBe('2');
    const answer = await node.request<Record<string, never>>('POST', '/v1/services/words/back', {
      json: { text: 'a b c' },
    });
    expect(answer.text).toBe('3');
  });

  it('tell no progress beyond all', async () => {
    expect((await call('wrong', {})).json).toMatchObject({ code: 'script-error', exception: { type: 'RangeError' } });
  });

  it('may go without waiting', async () => {
    for (let round = 0; round < 3; round++) expect((await call('unheard', {})).text).toBe('true');
  });
});
