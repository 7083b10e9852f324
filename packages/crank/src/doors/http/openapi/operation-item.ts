import type { JsonSchema, Operation } from '#src/core/service.ts';
import { exampleArguments } from '../view/operation-example.ts';
import { callErrors } from './components.ts';
import { hoistSchema, type Schemas } from './hoist-schema.ts';

const FILE = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' } as const;

/** The path item of one deployed operation; its schemas' definitions go to `schemas`. */
export const operationItem = (
  service: string,
  operation: Operation,
  schemas: Schemas,
): Readonly<Record<string, object>> => {
  const name = `${service}.${operation.name}`;
  const input = hoistSchema(operation.input, `${name}.input`, schemas);
  const output = hoistSchema(operation.output, `${name}.output`, schemas);
  const [summary = '', ...rest] = operation.description.split('\n');
  const { values } = exampleArguments(operation);
  return {
    post: {
      operationId: name,
      tags: [service],
      ...(summary && { summary }),
      ...(rest.join('\n').trim() && { description: rest.join('\n').trim() }),
      parameters: [
        'Version',
        'IdempotencyKey',
        'Prefer',
        'Deadline',
        'Subject',
        'Session',
        'Classification',
        'Tags',
        'Quote',
      ].map((each) => ({
        $ref: `#/components/parameters/${each}`,
      })),
      requestBody: {
        required: isRequired(operation.input),
        content: {
          'application/json': { schema: input, ...(operation.files.length === 0 && { example: values }) },
          ...(operation.files.length > 0 && { 'multipart/form-data': { schema: formSchema(input, operation.files) } }),
        },
      },
      responses: {
        '200': {
          description: describeResult(operation),
          headers: {
            'Crank-Call': { $ref: '#/components/headers/Call' },
            'Crank-Receipt': { $ref: '#/components/headers/Receipt' },
            'Crank-Version': { $ref: '#/components/headers/Version' },
            'Server-Timing': { $ref: '#/components/headers/Timing' },
            traceresponse: { $ref: '#/components/headers/TraceResponse' },
            'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
            RateLimit: { $ref: '#/components/headers/RateLimit' },
          },
          content: resultContent(operation, output),
        },
        '202': {
          description: 'Taken as a job.',
          headers: {
            Location: { schema: { type: 'string' } },
            'Crank-Receipt': { $ref: '#/components/headers/Receipt' },
          },
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Job' } } },
        },
        ...callErrors,
      },
    },
  };
};

const isRequired = (input: JsonSchema): boolean =>
  typeof input === 'object' && Array.isArray(input['required']) && input['required'].length > 0;

/** The same arguments as a form, in which files are themselves rather than base64. */
const formSchema = (input: JsonSchema, files: readonly string[]): JsonSchema => {
  if (typeof input !== 'object') return input;
  const properties = Object.entries((input['properties'] ?? {}) as Record<string, JsonSchema>);
  return {
    ...input,
    properties: Object.fromEntries(properties.map(([name, schema]) => [name, files.includes(name) ? FILE : schema])),
  };
};

const describeResult = ({ result }: Operation): string => {
  switch (result) {
    case 'json':
      return 'The result.';
    case 'file':
      return 'The file that the operation made.';
    case 'stream':
      return 'Items as they come; the last line is `{"$crank": {"call", "receipt", "outcome", "items", "error"?}}`, the last event is named `receipt`, and events named `progress`, `{"fraction", "message"}`, may stand between items.';
  }
};

const resultContent = ({ result, contentType }: Operation, output: JsonSchema): object => {
  switch (result) {
    case 'json':
      return { 'application/json': { schema: output } };
    case 'file':
      return { [contentType ?? 'application/octet-stream']: { schema: FILE } };
    case 'stream':
      return { 'application/x-ndjson': { schema: output }, 'text/event-stream': { schema: { type: 'string' } } };
  }
};
