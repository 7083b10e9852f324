import { PROBLEM } from '../answer/problem.ts';
import { callErrors, errors, ref } from './components.ts';
import { inPath, json, ok, open, query } from './path-parts.ts';

const called = {
  'Crank-Call': { $ref: '#/components/headers/Call' },
  'Crank-Receipt': { $ref: '#/components/headers/Receipt' },
  'Crank-Version': { $ref: '#/components/headers/Version' },
};
const problem = { [PROBLEM]: { schema: ref('Problem') } };
const rpc = json({ type: 'object', description: 'A message of JSON-RPC 2.0.' });
const ways = [
  query('services', 'Shows the operations of these services alone; names separated by commas.'),
  query('tools', 'Lists up to so many tools one by one (50); beyond, tools that search stand for them.'),
];

/** What agents use: running code, search, the Model Context Protocol, and documents that say where all is. */
export const agentPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/run': {
    post: {
      operationId: 'runCode',
      tags: ['run'],
      summary: 'Run code that you hand in, without deploying it',
      description:
        'The code is prepared once and then called like any operation. The answer is the result, as that of a call: JSON, a file, a stream or a job. `Crank-Version` is the digest of the code.',
      parameters: ['IdempotencyKey', 'Prefer', 'Deadline', 'Subject', 'Classification', 'Tags'].map((each) => ({
        $ref: `#/components/parameters/${each}`,
      })),
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                code: {
                  type: 'string',
                  description: 'A Python module: a function with annotated parameters, or a script.',
                },
                input: { type: 'object', description: 'Arguments by parameter name.' },
                operation: { type: 'string', description: 'Which function, where there are several.' },
                requirements: {
                  type: 'array',
                  items: { type: 'string' },
                  description: 'Packages (PEP 508), beside those that the code names or imports.',
                },
                python: { type: 'string', description: 'Interpreter series, such as 3.11.' },
              },
              required: ['code'],
              additionalProperties: false,
            },
            example: { code: 'def double(x: int) -> int:\n    return 2 * x\n', input: { x: 21 } },
          },
        },
      },
      responses: {
        '200': { description: 'The result.', headers: called, ...json({}) },
        '202': {
          description: 'Taken as a job.',
          headers: { Location: { schema: { type: 'string' } } },
          ...json(ref('Job')),
        },
        ...callErrors,
      },
    },
  },
  '/v1/run/{version}/promote': {
    parameters: [inPath('version')],
    post: {
      operationId: 'promoteCode',
      tags: ['run'],
      summary: 'Make a service of code that was run',
      description: 'The version is `Crank-Version` of the run. Code is kept for an hour after it was last run.',
      requestBody: {
        required: true,
        ...json({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }),
      },
      responses: {
        '200': ok('It is there already.', ref('Deployed')),
        '201': ok('A new version.', ref('Deployed')),
        ...errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
      },
    },
  },
  '/v1/search': {
    get: {
      operationId: 'search',
      tags: ['services'],
      summary: 'Find operations that you may call, the best first',
      parameters: [
        query('q', 'Words, or a sentence such as `takes a PDF, gives text`.'),
        query('takes', 'What goes in.'),
        query('gives', 'What comes out.'),
        query('limit', 'How many at most, up to 50; 10 where absent.'),
      ],
      responses: {
        '200': ok('What was found.', {
          type: 'object',
          properties: { found: { type: 'array', items: ref('Found') } },
          required: ['found'],
        }),
        ...errors(400, 401, 429),
      },
    },
  },
  '/mcp': {
    post: {
      operationId: 'mcp',
      tags: ['mcp'],
      summary: 'The Model Context Protocol over streamable HTTP',
      parameters: ways,
      requestBody: { required: true, ...rpc },
      responses: {
        '200': {
          description: 'An answer, or server-sent events that end with it.',
          content: { ...rpc.content, 'text/event-stream': { schema: { type: 'string' } } },
        },
        '202': { description: 'A notification was taken.' },
        '400': {
          description: 'What was sent is no message, or none that can be answered.',
          content: { ...rpc.content, ...problem },
        },
        '406': { description: 'The client does not take both JSON and server-sent events.', ...rpc },
        '415': { description: 'What was sent is no JSON.', content: { ...rpc.content, ...problem } },
        ...errors(401, 403, 413),
      },
    },
  },
  '/.well-known/api-catalog': {
    get: {
      operationId: 'apiCatalog',
      tags: ['node'],
      summary: 'Where the documents of this node are (RFC 9727)',
      ...open,
      responses: {
        '200': { description: 'A linkset.', content: { 'application/linkset+json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/.well-known/mcp/server.json': {
    get: {
      operationId: 'mcpServer',
      tags: ['mcp'],
      summary: 'This node as an entry of an MCP registry',
      ...open,
      responses: { '200': ok('server.json', { type: 'object' }) },
    },
  },
};
