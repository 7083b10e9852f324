import { parseSync } from 'oxc-parser';

/** One import, in whatever form; `specifier` is null where it is no literal. `line` is 1-based. */
export interface Import {
  line: number;
  specifier: string | null;
}

type Node = { type: string; start: number } & Record<string, unknown>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function* walk(node: Node, parent?: Node, key = ''): Generator<{ node: Node; parent: Node | undefined; key: string }> {
  yield { node, parent, key };
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child, node, name);
  }
}

/** @throws SyntaxError naming the file where it does not parse. */
const parse = (path: string, text: string): { program: Node; lineOf: (offset: number) => number } => {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]!.message}`);
  return { program: program as unknown as Node, lineOf: (offset) => text.slice(0, offset).split('\n').length };
};

/** A string literal's value, a template's without holes; else null. */
const literal = (node: unknown): string | null => {
  if (!isNode(node)) return null;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateLiteral') return null;
  const quasis = node['quasis'] as { value: { cooked: string } }[];
  return quasis.length === 1 ? quasis[0]!.value.cooked : null;
};

const isIdentifier = (node: unknown, name: string): boolean =>
  isNode(node) && node.type === 'Identifier' && node['name'] === name;

/** `import.meta.NAME`, or any `import.meta.…` */
const isImportMeta = (node: unknown, name: string): boolean =>
  isNode(node) &&
  node.type === 'MemberExpression' &&
  isNode(node['object']) &&
  node['object'].type === 'MetaProperty' &&
  isIdentifier(node['property'], name);

/** The specifier that a node imports: undefined where it imports nothing, null where it cannot be read. */
const imported = (node: Node): string | null | undefined => {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return literal(node['source']);
    case 'ExportNamedDeclaration':
      return node['source'] ? literal(node['source']) : undefined;
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node['source'] ?? node['argument']);
    case 'TSExternalModuleReference':
      return literal(node['expression']);
    case 'CallExpression': {
      const [first] = node['arguments'] as unknown[];
      const callee = node['callee'];
      return isIdentifier(callee, 'require') || isImportMeta(callee, 'resolve') ? literal(first) : undefined;
    }
    case 'NewExpression': {
      // new Worker(new URL('./part.ts', import.meta.url)): code that runs; other files are data.
      const [first, second] = node['arguments'] as unknown[];
      if (!isIdentifier(node['callee'], 'URL') || !isImportMeta(second, 'url')) return undefined;
      const path = literal(first);
      return path !== null && /\.[cm]?[jt]s$/.test(path) ? path : undefined;
    }
    default:
      return undefined;
  }
};

/**
 * Every import of a TypeScript file: static, re-export, dynamic, `import type`, type query, require, module URL.
 *
 * @throws SyntaxError where the file does not parse.
 */
export const imports = (path: string, text: string): Import[] => {
  const { program, lineOf } = parse(path, text);
  const found: Import[] = [];
  for (const { node } of walk(program)) {
    const specifier = imported(node);
    if (specifier !== undefined) found.push({ line: lineOf(node.start), specifier });
  }
  return found;
};

/** Where a file names one of some globals: as a value or type, not as a property of something else. */
export const mentions = (path: string, text: string, names: readonly string[]): { line: number; name: string }[] => {
  const { program, lineOf } = parse(path, text);
  const found: { line: number; name: string }[] = [];
  for (const { node, parent, key } of walk(program)) {
    const name = node['name'];
    if (node.type !== 'Identifier' || typeof name !== 'string' || !names.includes(name)) continue;
    const named = (key === 'property' || key === 'key') && parent?.['computed'] !== true;
    if (!named || isIdentifier(parent?.['object'], 'globalThis')) found.push({ line: lineOf(node.start), name });
  }
  return found;
};
