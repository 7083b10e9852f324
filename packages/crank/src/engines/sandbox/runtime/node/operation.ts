import type * as TS from 'typescript-api';
import { type Described, fileOut, Inexpressible, type Schema } from './forms.ts';
import type { Codec, Plan } from './plan.ts';
import { createCompiler } from './schema-of-type.ts';

/** As `core/service.ts` has it. */
export interface Operation {
  name: string;
  description: string;
  input: Schema;
  output: Schema;
  result: 'json' | 'file' | 'stream';
  contentType?: string;
  files: string[];
  line?: number;
  plan: Plan;
}

export interface Found {
  ts: typeof TS;
  checker: TS.TypeChecker;
  own: (file: TS.SourceFile) => boolean;
  symbol: TS.Symbol;
  signature: TS.Signature;
  /** Outside. */
  name: string;
  /** Among the module's exports. */
  from: string;
  /** The module states the schema of its input. */
  stated: boolean;
  warn: (message: string, fix: string) => void;
}

const streams = new Set([
  ...['Generator', 'Iterator', 'IterableIterator', 'IteratorObject', 'Iterable'],
  ...['AsyncGenerator', 'AsyncIterator', 'AsyncIterableIterator', 'AsyncIteratorObject', 'AsyncIterable'],
]);

/** An exported function as an operation. @throws Inexpressible where what it must be given has no form in JSON */
export const describeFunction = (found: Found): Operation => {
  const { ts, checker, symbol, name, from } = found;
  const about = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const tags = symbol.getJsDocTags(checker);
  const tag = (wanted: string): string | undefined =>
    tags.filter((one) => one.name === wanted).map(({ text }) => ts.displayPartsToString(text).trim())[0];
  const taken = takes(found);
  const contentType = tag('contentType');
  const given = gives(found, contentType);
  const plan: Plan = {
    export: from,
    parameters: taken.parameters,
    result: given.result,
    ...(contentType && { contentType }),
    ...(Object.keys(taken.codecs).length > 0 && { codecs: taken.codecs }),
  };
  return {
    name,
    description: about,
    input: taken.schema,
    output: given.schema,
    result: given.result,
    ...(contentType && given.result === 'file' && { contentType }),
    files: taken.files,
    plan,
  };
};

interface Taken {
  schema: Schema;
  files: string[];
  parameters: Plan['parameters'];
  codecs: Record<string, Codec>;
}

const takes = (found: Found): Taken => {
  const { ts, checker, own, signature } = found;
  const compiler = createCompiler(ts, checker, own, false);
  const wanted = signature.getParameters().filter(({ name }) => name !== 'this');
  const mine = wanted.filter(({ name }) => name !== 'context' && name !== 'policies');
  const parameters: Plan['parameters'] = [];
  if (found.stated && mine.length === 1) {
    for (const { name } of wanted)
      parameters.push({ name, kind: name === 'context' || name === 'policies' ? name : 'whole' });
    return { schema: {}, files: [], parameters, codecs: {} };
  }
  const whole = mine.length === 1 ? wholeOf(found, mine[0]!) : undefined;
  if (whole !== undefined) {
    const { schema, codec } = compiler.members(whole);
    for (const { name } of wanted)
      parameters.push(
        name === mine[0]!.name
          ? { name, kind: 'whole', ...(codec !== undefined && { codec }) }
          : { name, kind: name as 'context' | 'policies' },
      );
    const object = (codec as { object?: Record<string, Codec> } | undefined)?.object ?? {};
    const files = Object.keys(object).filter((name) => isFile(object[name]));
    return { schema: withDefs(schema, compiler.defs), files, parameters, codecs: compiler.codecs };
  }
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  const files: string[] = [];
  for (const symbol of wanted) {
    const { name } = symbol;
    if (name === 'context' || name === 'policies') {
      parameters.push({ name, kind: name });
      continue;
    }
    const declaration = symbol.valueDeclaration as TS.ParameterDeclaration | undefined;
    if (declaration && ts.isParameter(declaration) && !ts.isIdentifier(declaration.name))
      throw new Inexpressible('takes a parameter apart beside others, so that it has no name');
    const isRest = declaration?.dotDotDotToken !== undefined;
    const isOptional =
      isRest ||
      declaration?.questionToken !== undefined ||
      declaration?.initializer !== undefined ||
      (declaration !== undefined && ts.isParameter(declaration) && checker.isOptionalParameter(declaration));
    let made: Described;
    try {
      made = compiler.of(checker.getTypeOfSymbol(symbol));
    } catch (error) {
      if (!(error instanceof Inexpressible)) throw error;
      if (!isOptional) throw new Inexpressible(`the parameter ${name} ${error.message}`);
      found.warn(`the parameter ${name} ${error.message}: it keeps its default`, 'Nothing needs to be done.');
      parameters.push({ name, kind: 'value' });
      continue;
    }
    const shown = ts
      .displayPartsToString(symbol.getDocumentationComment(checker))
      .replace(/^[-–\s]+/, '')
      .trim();
    const initial = literal(ts, declaration?.initializer);
    properties[name] = {
      ...made.schema,
      ...(shown && { description: shown }),
      ...(initial !== undefined && { default: initial.value }),
    };
    if (!isOptional) required.push(name);
    if (isFile(made.codec)) files.push(name);
    parameters.push({ name, kind: isRest ? 'rest' : 'value', ...(made.codec !== undefined && { codec: made.codec }) });
  }
  const schema: Schema = {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
  return { schema: withDefs(schema, compiler.defs), files, parameters, codecs: compiler.codecs };
};

/**
 * The type of a parameter that stands alone and is an object with named members, declared as an interface or written out:
 * the input is that object.
 */
const wholeOf = ({ ts, checker, own }: Found, symbol: TS.Symbol): TS.Type | undefined => {
  const declaration = symbol.valueDeclaration as TS.ParameterDeclaration | undefined;
  if (declaration?.dotDotDotToken) return undefined;
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  const isObject = (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection();
  if (!isObject || type.isClass() || checker.isArrayType(type) || checker.isTupleType(type)) return undefined;
  if (type.getCallSignatures().length > 0 || checker.getPropertiesOfType(type).length === 0) return undefined;
  const declared = type.getSymbol()?.declarations ?? [];
  return declared.every((one) => own(one.getSourceFile())) ? type : undefined;
};

const gives = (found: Found, contentType: string | undefined): { schema: Schema; result: Operation['result'] } => {
  const { ts, checker, own, signature } = found;
  const compiler = createCompiler(ts, checker, own, true);
  const declared = signature.getReturnType();
  const type = checker.getAwaitedType(declared) ?? declared;
  const name = type.getSymbol()?.name ?? '';
  const isOwn = type.getSymbol()?.declarations?.some((one) => own(one.getSourceFile())) ?? false;
  if (!isOwn && (name === 'File' || name === 'Blob')) return { schema: fileOut, result: 'file' };
  if (contentType !== undefined) return { schema: fileOut, result: 'file' };
  if (type.flags & ts.TypeFlags.Never) return { schema: {}, result: 'json' }; // it only throws
  const [item = checker.getAnyType()] = checker.getTypeArguments(type as TS.TypeReference);
  if (!isOwn && name === 'ReadableStream' && ['Uint8Array', 'Buffer'].includes(item.getSymbol()?.name ?? ''))
    return { schema: fileOut, result: 'file' };
  const streamed = !isOwn && (streams.has(name) || name === 'ReadableStream');
  try {
    const { schema } = compiler.of(streamed ? item : type);
    return { schema: withDefs(schema, compiler.defs), result: streamed ? 'stream' : 'json' };
  } catch (error) {
    if (!(error instanceof Inexpressible)) throw error;
    found.warn(
      `the result ${error.message}; its schema is left open`,
      'Declare what it returns with a type that JSON can carry.',
    );
    return { schema: {}, result: streamed ? 'stream' : 'json' };
  }
};

const isFile = (codec: Codec): boolean => {
  if (codec === undefined) return false;
  if (typeof codec === 'string') return ['file', 'filestream', 'bytes', 'buffer', 'arraybuffer'].includes(codec);
  if ('array' in codec) return codec.array === 'file';
  return 'one' in codec && codec.one.some(isFile);
};

const withDefs = (schema: Schema, defs: Record<string, Schema>): Schema =>
  Object.keys(defs).length === 0 ? schema : { ...schema, $defs: defs };

/** The value of a default that is written out. */
const literal = (ts: typeof TS, node: TS.Expression | undefined): { value: unknown } | undefined => {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return { value: node.text };
  if (ts.isNumericLiteral(node)) return { value: Number(node.text) };
  if (
    ts.isPrefixUnaryExpression(node) &&
    node.operator === ts.SyntaxKind.MinusToken &&
    ts.isNumericLiteral(node.operand)
  )
    return { value: -Number(node.operand.text) };
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { value: true };
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { value: false };
  if (node.kind === ts.SyntaxKind.NullKeyword) return { value: null };
  if (ts.isArrayLiteralExpression(node)) {
    const parts = node.elements.map((part) => literal(ts, part));
    return parts.every((part) => part !== undefined) ? { value: parts.map((part) => part.value) } : undefined;
  }
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return literal(ts, node.expression);
  return undefined;
};
