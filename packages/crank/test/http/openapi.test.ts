import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonSchema } from '#src/core/service.ts';
import { adminPaths } from '#src/doors/http/openapi/admin-paths.ts';
import { hoistSchema } from '#src/doors/http/openapi/hoist-schema.ts';
import { matches } from '#src/platform/matches.ts';
import { type Door, openDoor, operation } from './stand-in.ts';

const POINT = { type: 'object', properties: { x: { type: 'number' }, next: { $ref: '#/$defs/Point' } } };

interface Document {
  openapi: string;
  paths: Record<
    string,
    Record<string, { operationId: string; requestBody: { content: object }; responses: Record<string, object> }>
  >;
  components: Record<string, Record<string, unknown>>;
}

/** Every value of the member `$ref`, wherever it stands. */
const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' && typeof member === 'string' ? [member] : references(member),
  );
};

describe('the OpenAPI document', () => {
  let door: Door;
  let document: Document;
  beforeAll(async () => {
    const input: JsonSchema = {
      type: 'object',
      properties: { at: { $ref: '#/$defs/Point' }, file: true },
      $defs: { Point: POINT },
    };
    door = await openDoor(
      [
        operation('draw', { description: 'Draws.\n\nMore of it.', input, output: { type: 'string' }, files: ['file'] }),
        operation('rows', { result: 'stream' }),
        operation('make', { result: 'file', contentType: 'image/png' }),
      ],
      () => ({ type: 'value', json: Buffer.from('1') }),
    );
    document = (await (await door.send('/openapi.json')).json()) as Document;
  });
  afterAll(() => door.close());

  it('has each operation by its own path, with its schemas', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.paths['/v1/services/things/draw']!['post']).toMatchObject({
      operationId: 'things.draw',
      summary: 'Draws.',
      description: 'More of it.',
      requestBody: {
        content: {
          'application/json': {
            schema: { properties: { at: { $ref: '#/components/schemas/things.draw.input.Point' } } },
          },
          'multipart/form-data': { schema: { properties: { file: { type: 'string', format: 'binary' } } } },
        },
      },
      responses: {
        200: { content: { 'application/json': { schema: { type: 'string' } } } },
        422: { $ref: '#/components/responses/E422' },
      },
    });
    expect(Object.keys(document.paths['/v1/services/things/rows']!['post']!.requestBody.content)).toEqual([
      'application/json',
    ]);
    expect(document.paths['/v1/services/things/rows']!['post']!.responses['200']).toMatchObject({
      content: { 'application/x-ndjson': {}, 'text/event-stream': {} },
    });
    expect(document.paths['/v1/services/things/make']!['post']!.responses['200']).toMatchObject({
      content: { 'image/png': {} },
    });
  });

  it('refers to nothing that is not there, and names each operation once', () => {
    const all = references(document);
    expect(all.length).toBeGreaterThan(50);
    for (const reference of all) {
      const found = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
      expect(found, reference).toBeDefined();
    }
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap((each) => each.operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows what each operation takes, and how any may fail', () => {
    const examples: string[] = [];
    for (const item of Object.values(document.paths))
      for (const [method, { operationId, requestBody, responses }] of Object.entries(item)) {
        if (method === 'parameters') continue;
        expect(Object.keys(responses), operationId).toEqual(
          expect.arrayContaining(['400', '403', '413', '500', '503']),
        );
        const json = (requestBody?.content as Record<string, { schema: JsonSchema; example?: Json }>)?.[
          'application/json'
        ];
        if (json === undefined || operationId.startsWith('things.')) continue;
        expect(json.example, operationId).toBeDefined();
        expect(matches(json.schema, json.example!), operationId).toBe(true);
        examples.push(operationId);
      }
    expect(examples.length).toBeGreaterThan(30);
  });

  it.each(Object.entries(adminPaths))('documents exactly the methods of %s', async (path, item) => {
    const answer = await door.send(path.replaceAll(/\{\w+\}/g, 'x'), { method: 'OPTIONS' });
    const documented = Object.keys(item).filter((method) => method !== 'parameters');
    const methods = documented.includes('get') ? [...documented, 'head'] : documented;
    expect(answer.headers.get('allow')).toBe(
      methods
        .map((method) => method.toUpperCase())
        .sort()
        .join(', '),
    );
  });

  it('moves definitions, and leaves values alone that only look like references', () => {
    const schemas = {};
    const moved = hoistSchema(
      {
        properties: { $ref: { $ref: '#/$defs/Point' }, $defs: { default: { $ref: '#/$defs/Point' } } },
        enum: [{ $ref: '#/$defs/Point' }],
        $defs: { Point: POINT },
      },
      'p',
      schemas,
    );
    expect(moved).toEqual({
      properties: { $ref: { $ref: '#/components/schemas/p.Point' }, $defs: { default: { $ref: '#/$defs/Point' } } },
      enum: [{ $ref: '#/$defs/Point' }],
    });
    expect(schemas).toEqual({
      'p.Point': {
        type: 'object',
        properties: { x: { type: 'number' }, next: { $ref: '#/components/schemas/p.Point' } },
      },
    });
  });
});
