import type { Tool } from '@modelcontextprotocol/server';

const text = (description: string) => ({ type: 'string', description });

const readOnly = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

/** Finds operations where there are too many to list, says what one takes, and calls it. */
export const searchTools: readonly Tool[] = [
  {
    name: 'crank_search',
    title: 'Search operations',
    description:
      'Finds operations that you may call, the best first, each with the tool name for crank_describe and crank_call. Say what you need in words, or what goes in and what comes out.',
    inputSchema: {
      type: 'object',
      properties: {
        query: text('Words, such as "count the words of a text" or "takes a PDF, gives text".'),
        takes: text('What goes in, such as "PDF".'),
        gives: text('What comes out, such as "text".'),
        limit: { type: 'integer', minimum: 1, maximum: 50, default: 10 },
      },
    },
    annotations: readOnly,
  },
  {
    name: 'crank_describe',
    title: 'Describe an operation',
    description: 'The input and output schema of an operation, with what it is for.',
    inputSchema: {
      type: 'object',
      properties: { tool: text('Its name, as crank_search gave it.') },
      required: ['tool'],
    },
    annotations: readOnly,
  },
  {
    name: 'crank_call',
    title: 'Call an operation',
    description: 'Calls an operation with arguments that fit its input schema. The result names its signed receipt.',
    inputSchema: {
      type: 'object',
      properties: {
        tool: text('Its name, as crank_search gave it.'),
        arguments: { type: 'object', description: 'By parameter name. Files are {"name", "base64"}.' },
      },
      required: ['tool'],
    },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  },
];

/** Runs code that the model wrote, and keeps it under a name. */
export const runTools: readonly Tool[] = [
  {
    name: 'crank_run',
    title: 'Run Python code',
    description:
      'Runs Python code in a fresh sandbox without network and gives its result, with a signed receipt that names the digest of the code. Define one function with annotated parameters: `input` has its arguments, what it returns is the result. A script without functions gives what it prints. Packages are named in `requirements`, or in the code (PEP 723).',
    inputSchema: {
      type: 'object',
      properties: {
        code: text('A Python module.'),
        input: { type: 'object', description: 'Arguments by parameter name.' },
        operation: text('Which function to run, where there are several.'),
        requirements: { type: 'array', items: { type: 'string' }, description: 'Packages, such as "numpy>=2".' },
        python: text('Interpreter series, such as 3.11.'),
      },
      required: ['code'],
    },
    annotations: readOnly,
  },
  {
    name: 'crank_promote',
    title: 'Keep code as a service',
    description:
      'Makes a service with a name of code that crank_run ran, so that it can be called again by everybody in the account.',
    inputSchema: {
      type: 'object',
      properties: {
        version: text('What crank_run said under crank/version.'),
        name: text('Lower-case letters, digits and "-".'),
      },
      required: ['version', 'name'],
    },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
];
