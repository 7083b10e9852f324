import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../src/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));

it('reads its own sources', () => {
  expect(files.length).toBeGreaterThan(10);
});

it.each(files)('%s uses nothing that a browser lacks', (name) => {
  const source = readFileSync(new URL(name, folder), 'utf8');
  const imports = [...source.matchAll(/\bfrom '([^']+)'/g)].map((match) => match[1]!);
  expect(imports.filter((path) => !path.startsWith('./'))).toEqual([]);
  expect(source).not.toMatch(/\b(Buffer|process|require|global)\b[.(]/);
});
