import type { Codec } from './plan.ts';

export type Schema = Record<string, unknown>;

/** A type's form in JSON. `files`: it is one that a file may be given for. */
export interface Described {
  schema: Schema;
  codec: Codec;
  files?: boolean;
}

/** A type that JSON has no form of. The message goes on: "the parameter x ...". */
export class Inexpressible extends Error {}

/** As `crank_runtime/files.py` has them. */
export const fileIn: Schema = {
  type: 'object',
  title: 'File',
  properties: { name: { type: 'string' }, base64: { type: 'string', contentEncoding: 'base64' } },
  required: ['name', 'base64'],
  additionalProperties: false,
};

export const fileOut: Schema = {
  type: 'object',
  title: 'File',
  properties: {
    name: { type: 'string' },
    type: { type: 'string' },
    size: { type: 'integer', minimum: 0 },
    base64: { type: 'string', contentEncoding: 'base64' },
    href: { type: 'string' },
  },
  required: ['name', 'type', 'size'],
};

export const bytesSchema = (output: boolean): Schema => {
  const text = { type: 'string', contentEncoding: 'base64' };
  return output ? text : { anyOf: [fileIn, text] };
};
