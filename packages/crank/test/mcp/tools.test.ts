import { expect, it } from 'vitest';
import { defaultLimits, type JsonSchema, type Manifest, type Operation } from '#src/core/service.ts';
import { jsonContent, problemContent } from '#src/doors/mcp/content.ts';
import { serviceOfTool, toolName, toolsOf } from '#src/doors/mcp/tool-name.ts';
import { outputSchema } from '#src/doors/mcp/tool-schemas.ts';
import { toolOf } from '#src/doors/mcp/tools.ts';

const operation = (output: JsonSchema, more: Partial<Operation> = {}): Operation => ({
  ...{ name: 'run', description: '', input: { type: 'object' }, output, result: 'json', files: [] },
  ...more,
});
const listed = (made: Partial<Manifest>, one = operation(true)) =>
  toolOf({
    ...{ account: 'acme', service: 's', version: 'sha256:0', operation: one },
    manifest: { limits: defaultLimits, description: '', operations: { run: one }, ...made } as Manifest,
    document: { name: new Set(), text: new Set(), takes: new Set(), gives: new Set() },
  });

it('names tools as model providers take them, each another', () => {
  expect(toolName('words', 'top_words')).toBe('words_top_words');
  const odd = ['Class.method', 'Class-method', 'größe', 'x'.repeat(100), `${'x'.repeat(99)}y`];
  const names = odd.map((one) => toolName('words', one));
  expect(new Set(names).size).toBe(odd.length);
  for (const name of names) {
    expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(serviceOfTool(name)).toBe('words');
  }
  expect(toolName('crank', 'run')).not.toBe('crank_run');
  const operations = Object.fromEntries(odd.map((name) => [name, operation(true, { name })]));
  expect([...toolsOf('words', { operations } as unknown as Manifest).values()]).toEqual(odd);
});

it('describes what structured content is', () => {
  const point = { type: 'object', properties: {} };
  expect(outputSchema(operation(point))).toEqual(point);
  expect(outputSchema(operation({ $ref: '#/$defs/P', $defs: { P: point } }))).toEqual({
    type: 'object',
    properties: { result: { $ref: '#/$defs/P' } },
    required: ['result'],
    $defs: { P: point },
  });
  expect(outputSchema(operation({ type: 'integer' }, { result: 'stream' }))).toMatchObject({
    properties: { items: { type: 'array', items: { type: 'integer' } } },
  });
  expect(outputSchema(operation(true, { result: 'file' }))).toBeUndefined();
  expect(outputSchema(operation({ items: { $ref: '#' } }))).toBeUndefined();
});

it('keeps digits, and what a schema promises', () => {
  expect(JSON.stringify(jsonContent(operation({ type: 'integer' }), '9007199254740993'))).toBe(
    '{"content":[{"type":"text","text":"9007199254740993"}],"structuredContent":{"result":9007199254740993}}',
  );
  expect(jsonContent(operation({ type: 'string' }), '"hi"').content).toEqual([{ type: 'text', text: 'hi' }]);
  expect(jsonContent(operation(true), '{"a":1}').structuredContent).toEqual({ result: { a: 1 } });
  expect(jsonContent(undefined, '{"a":1}').structuredContent).toEqual({ a: 1 });
});

it('says what a call may do, by what its sandbox lets it', () => {
  expect(listed({}).annotations).toMatchObject({ readOnlyHint: true, idempotentHint: true, openWorldHint: false });
  expect(listed({ network: ['example.com:443'] }).annotations).toMatchObject({
    ...{ readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  });
  expect(listed({ workspaces: { notes: 'read' } }).annotations).toMatchObject({ readOnlyHint: true });
  const again = operation(true, { workspaces: { notes: 'write' }, idempotent: true });
  expect(listed({}, again).annotations).toMatchObject({ readOnlyHint: false, idempotentHint: true });
});

it('tells a model whether to try again', () => {
  const problem = { type: '', title: '', status: 429, code: 'rate-limited', detail: 'Too many.' } as const;
  const later = problemContent({ ...problem, retry: 'after', retryAfter: 3 });
  expect(later).toMatchObject({
    isError: true,
    content: [{ text: 'rate-limited: Too many.\nThe same call may succeed after 3 s.' }],
  });
  expect(problemContent({ ...problem, retry: 'never' }).content[0]).toMatchObject({
    text: expect.stringContaining('fails again'),
  });
});
