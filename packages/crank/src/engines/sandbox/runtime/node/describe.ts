import { createRequire } from 'node:module';
import type * as TS from 'typescript-api';
import { exported } from './answer.ts';
import { schemaOf } from './checked.ts';
import { Inexpressible } from './forms.ts';
import { describeFunction, type Operation } from './operation.ts';
import { statedOperation } from './stated.ts';

interface Finding {
  level: 'error' | 'warning';
  file: string;
  message: string;
  fix: string;
  line?: number;
}

/** What packaging makes a manifest from (`engines/packaging/admit-descriptor.ts`). */
export interface Descriptor {
  description: string;
  operations: Operation[];
  findings: Finding[];
}

const fixClass = 'Export a function that makes the object out of plain values and calls it.';
const fixUntyped = 'Export a function of your own with types that calls it, or install the types (@types/...).';

const require = createRequire('/node/');
const compiler = '/node/typescript/lib/typescript.js';

/** The operations of a module: its exported functions, with schemas from their types or from `schemas`. */
export const describe = async (
  module: Readonly<Record<string, unknown>>,
  code: string,
  entry: string,
): Promise<Descriptor> => {
  const ts = require(compiler) as typeof TS;
  const program = ts.createProgram([entry], options(ts), hostOf(ts));
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry)!;
  const own = (one: TS.SourceFile): boolean => !/^\/node\/|\/@types\/node\//.test(one.fileName);
  const shown = entry.slice(code.length + 1);
  const findings: Finding[] = [];
  const operations: Operation[] = [];
  for (const found of exportsOf(ts, checker, file).sort((a, b) => positionOf(a.symbol) - positionOf(b.symbol))) {
    const { name, symbol } = found;
    if (name === 'schemas') continue;
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    const at = declaration?.getSourceFile();
    const line = at && at === file ? at.getLineAndCharacterOfPosition(declaration!.getStart()).line + 1 : undefined;
    const warn = (message: string, fix: string): void => {
      findings.push({ level: 'warning', file: shown, message: `${name}: ${message}`, fix, ...(line && { line }) });
    };
    const type = checker.getTypeOfSymbolAtLocation(symbol, file);
    const [signature] = type.getCallSignatures();
    if (!isThere(module, found.from)) continue;
    if (signature === undefined) {
      if (type.getConstructSignatures().length > 0) warn('it is a class, and no operation', fixClass);
      else warn('its types are not known, so it is not offered', fixUntyped);
      continue;
    }
    if (!/^[A-Za-z_]\w{0,127}$/.test(name)) {
      warn('the name is none for an operation', 'Use ASCII letters, digits and "_".');
      continue;
    }
    try {
      const input = schemaOf(module['schemas'], name, 'input');
      const stated = input !== undefined;
      const operation = describeFunction({ ts, checker, own, symbol, signature, name, from: found.from, stated, warn });
      const output = schemaOf(module['schemas'], name, 'output');
      operations.push({
        ...(await statedOperation(operation, input, output, entry)),
        ...(line && { line }),
      });
    } catch (error) {
      if (!(error instanceof Inexpressible)) throw error;
      warn(
        `${error.message}; the function is not offered from outside`,
        'Give it a type that JSON can carry, or a default.',
      );
    }
  }
  if (operations.length === 0) {
    const message = `no exported function: there is nothing to call in ${shown}`;
    const fix = 'Export a function whose parameters JSON can carry: export function greet(name: string) { ... }';
    findings.push({ level: 'error', file: shown, message, fix });
  }
  return { description: headOf(file.text), operations, findings };
};

const options = (ts: typeof TS): TS.CompilerOptions => ({
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.esnext.d.ts'],
  types: ['node'],
  typeRoots: ['/code/node_modules/@types', '/node_modules/@types', '/node/node_modules/@types'],
  strict: true,
  allowJs: true,
  noEmit: true,
  skipLibCheck: true,
  esModuleInterop: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
});

/** Comments in the types of the language and of Node are not read: they are many. */
const hostOf = (ts: typeof TS): TS.CompilerHost => {
  const host = ts.createCompilerHost(options(ts));
  const plain = host.getSourceFile;
  host.getSourceFile = (name, given, ...more) => {
    const quick = typeof given === 'object' && name.startsWith('/node/');
    return plain(name, quick ? { ...given, jsDocParsingMode: ts.JSDocParsingMode.ParseNone } : given, ...more);
  };
  return host;
};

/** Name outside, name in the module, what it is. */
const exportsOf = (
  ts: typeof TS,
  checker: TS.TypeChecker,
  file: TS.SourceFile,
): { name: string; from: string; symbol: TS.Symbol }[] => {
  const of = checker.getSymbolAtLocation(file);
  if (of === undefined) return [];
  // Of CommonJS: what is assigned to `module.exports`.
  const assigned = of.exports?.get('export=' as TS.__String);
  const members = assigned ? checker.getPropertiesOfType(checker.getTypeOfSymbol(assigned)) : [];
  return [...checker.getExportsOfModule(of), ...members].flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (exported.name === 'export=' || exported.name === '__esModule') return [];
    const from = exported.name;
    if (from !== 'default') return from.startsWith('_') ? [] : [{ name: from, from, symbol }];
    const own = (symbol.valueDeclaration as TS.FunctionDeclaration | undefined)?.name?.getText() ?? symbol.name;
    return [{ name: own === 'default' ? 'run' : own, from, symbol }];
  });
};

/** Operations are in the order that they are written in. */
const positionOf = ({ valueDeclaration, declarations }: TS.Symbol): number =>
  (valueDeclaration ?? declarations?.[0])?.pos ?? 0;

const isThere = (module: Readonly<Record<string, unknown>>, name: string): boolean => {
  try {
    exported(module, name);
    return true;
  } catch {
    return false; // a type only, or a declaration without a value
  }
};

/** The comment that a file begins with, where it is about the file: before its imports, or with `@module`. */
const headOf = (text: string): string => {
  const head = /^(?:#!.*\n)?\s*\/\*\*([\s\S]*?)\*\//.exec(text);
  if (head === null) return '';
  const after = text.slice(head[0].length).trimStart();
  if (!/@(?:module|packageDocumentation|file|fileoverview)\b/.test(head[1]!) && !/^(?:import\b|\/\*\*)/.test(after))
    return '';
  return head[1]!
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .filter((line) => !line.startsWith('@'))
    .join('\n')
    .trim();
};
