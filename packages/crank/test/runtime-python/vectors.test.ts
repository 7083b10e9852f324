import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { admitSchema } from '#src/engines/packaging/admit-schema.ts';

interface Case {
  name: string;
  annotation: string;
  needs?: Record<string, string>;
  json: string;
  output?: string;
  invalid: string[];
  refused?: string[];
  inputSchema: object;
  outputSchema: object;
}

const folder = new URL('../../../../vectors/values/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('vectors/values', () => {
  it('holds vectors', () => {
    expect(files.length).toBeGreaterThan(5);
  });

  describe.each(files)('%s', (file) => {
    const cases: Case[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    it.each(cases)('$name', (vector) => {
      const compile = (schema: object) => {
        expect(admitSchema(schema)).toEqual({ schema, remarks: [] });
        // An independent validator has the word on what the schema means.
        return new Ajv2020({
          strict: true,
          allowUnionTypes: true,
          strictTuples: false,
          validateFormats: false,
        }).compile(schema);
      };
      const accepts = compile(vector.inputSchema);
      expect(accepts(JSON.parse(vector.json)), JSON.stringify(accepts.errors)).toBe(true);
      for (const text of vector.invalid) expect(accepts(JSON.parse(text)), text).toBe(false);
      // What only the decoder can refuse passes the schema, or it would stand under `invalid`.
      for (const text of vector.refused ?? []) expect(accepts(JSON.parse(text)), text).toBe(true);
      const gives = compile(vector.outputSchema);
      expect(gives(JSON.parse(vector.output ?? vector.json)), JSON.stringify(gives.errors)).toBe(true);
    });
  });
});
