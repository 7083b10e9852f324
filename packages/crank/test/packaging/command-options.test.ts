import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '#src/core/canonical-json.ts';
import { COMMAND_ENTRY, withCommands } from '../../src/engines/packaging/command-operations.ts';
import { parseCommandTemplate } from '../../src/engines/packaging/command-template.ts';
import { compileValidator } from '../../src/engines/packaging/compile-schema.ts';
import { fillCommands } from '../support/fill-command.ts';

const TYPES = [
  '',
  ':int',
  ':number',
  ':0..9',
  ':a|-b',
  '=d',
  ':int=3',
  '...',
  ':int...',
  ':bool?-q',
  ':flag',
  ':a|b...',
];
const LITERALS = ['-x', '--long', '--', '-', '--k=', 'word', 'a', '-n'];
const TEXTS = ['', '-', '--', '-rf', '--k=v', 'plain', ' -x', '-5', 'a\nb'];
const NUMBERS = ['0', '-0', '-0.0', '-1', '2.0', '1e3', '-1e-7', '7', '0.5'];

/** A template of words of which each is some literals and places, some of them in brackets. */
const templates = fc
  .array(
    fc.record({
      parts: fc.array(
        fc.oneof(
          fc.constantFrom(...LITERALS),
          fc.constantFrom(...TYPES).map((type) => ({ type })),
        ),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      bracket: fc.constantFrom('', '', '[', ']', '[]'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((words) => {
    let places = 0;
    const written = words.map(({ parts, bracket }) => {
      const text = parts.map((part) => (typeof part === 'string' ? part : `{p${places++}${part.type}}`)).join('');
      return `${bracket.includes('[') ? '[' : ''}${text}${bracket.includes(']') ? ']' : ''}`;
    });
    return `tool ${written.join(' ')}`.replaceAll(
      /\{(p\d+)(\.\.\.|:[^}]*?\.\.\.)\}/g,
      (_, name: string, type: string) => (type === '...' ? `{${name}...}` : `{${name}...${type.slice(0, -3)}}`),
    );
  });

interface Described {
  operations: { description: { input: JsonObject & { properties: Record<string, JsonObject> } }; run: unknown }[];
}
const describe = (template: string): Described['operations'][number] => {
  const declared = new Map([['run', { command: { template } }]]);
  const { files } = withCommands({ files: new Map() }, declared, {});
  return (JSON.parse(Buffer.from(files.get(COMMAND_ENTRY)!).toString()) as Described).operations[0]!;
};

/** JSON text of a value for a schema: any, or one that harms nobody. */
const valueFor = (schema: JsonObject, pick: (many: readonly string[]) => string, tame: boolean): string => {
  if (schema['type'] === 'array') {
    const items = schema['items'] as JsonObject;
    return `[${[0, 1].map(() => valueFor(items, pick, tame)).join(',')}]`;
  }
  if (Array.isArray(schema['enum'])) return JSON.stringify(schema['enum'].at(-1));
  if (schema['type'] === 'boolean') return 'true';
  if (schema['type'] === 'string') return JSON.stringify(tame ? 'v' : pick(TEXTS));
  return tame ? '1' : pick(NUMBERS);
};

/**
 * Whatever the template: where callers give what its schema takes, an argument begins with a dash only where it would
 * whatever they gave, or behind a word `--`.
 */
test('no value becomes an option, of any template', () => {
  const samples = fc.sample(fc.tuple(templates, fc.infiniteStream(fc.nat())), { numRuns: 4_000, seed: 20_261_127 });
  const tried: { template: string; values: string; run: unknown; tame: string }[] = [];
  for (const [template, stream] of samples) {
    if ('wrong' in parseCommandTemplate(template)) continue;
    const { description, run } = describe(template);
    const pick = (many: readonly string[]): string => many[(stream.next().value as number) % many.length]!;
    const all = (tame: boolean): string =>
      `{${Object.entries(description.input.properties)
        .map(([name, schema]) => `${JSON.stringify(name)}:${valueFor(schema, pick, tame)}`)
        .join(',')}}`;
    const values = all(false);
    if (compileValidator(description.input)(JSON.parse(values)).length > 0) continue;
    tried.push({ template, values, run, tame: all(true) });
  }
  expect(tried.length).toBeGreaterThan(200);
  const given = fillCommands(tried);
  const harmless = fillCommands(tried.map(({ run, tame }) => ({ run, values: tame })));
  tried.forEach(({ template, values }, i) => {
    given[i]!.forEach((word, at) => {
      if (!word.startsWith('-')) return;
      const allowed = harmless[i]![at]!.startsWith('-') || harmless[i]!.slice(0, at).includes('--');
      expect(allowed, `${template} of ${values} has the argument ${JSON.stringify(word)}`).toBe(true);
    });
    expect(given[i]!.length).toBe(harmless[i]!.length);
  });
});
