import type * as TS from 'typescript-api';
import { bytesSchema, type Described, fileIn, fileOut, Inexpressible, type Schema } from './forms.ts';
import type { Codec } from './plan.ts';
import { tagsOf } from './tags.ts';

/** Schemas and codecs of types, for one side of one operation. */
export interface Compiler {
  /** @throws Inexpressible for what JSON has no form of */
  of(type: TS.Type): Described;
  members(type: TS.Type): { schema: Schema; codec: Codec };
  /** Schemas by name, for types with a name. */
  readonly defs: Record<string, Schema>;
  readonly codecs: Record<string, Codec>;
}

const most = 2000;

/** `anyOf` in `anyOf` says no more than one. */
const alternatives = (schema: Schema): Schema[] =>
  Object.keys(schema).join() === 'anyOf' ? (schema['anyOf'] as Schema[]) : [schema];

/**
 * @param output what a function gives, not what it takes: undefined is null, and more members than declared are no fault
 * @param own whether a file is the author's or a package's, rather than the language's or Node's
 */
export const createCompiler = (
  ts: typeof TS,
  checker: TS.TypeChecker,
  own: (file: TS.SourceFile) => boolean,
  output: boolean,
): Compiler => {
  const defs: Record<string, Schema> = {};
  const codecs: Record<string, Codec> = {};
  const names = new Map<TS.Type, string>();
  let count = 0;

  const of = (type: TS.Type, optional = false): Described => {
    if (++count > most) throw new Inexpressible('is too large');
    const { flags } = type;
    const F = ts.TypeFlags;
    if (flags & (F.Any | F.Unknown)) return { schema: {}, codec: undefined };
    if (flags & F.Never) throw new Inexpressible('can have no value');
    if (flags & (F.Null | F.Undefined | F.Void)) return { schema: { type: 'null' }, codec: undefined };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { schema: { const: type.value }, codec: undefined };
    if (flags & F.BooleanLiteral) return { schema: { const: checker.typeToString(type) === 'true' }, codec: undefined };
    if (flags & F.BigIntLiteral) return { schema: { type: 'integer' }, codec: 'bigint' };
    if (type.isUnion()) return ofUnion(type, optional);
    if (flags & F.StringLike) return { schema: { type: 'string' }, codec: undefined };
    if (flags & F.NumberLike) return ofNumber();
    if (flags & F.BooleanLike) return { schema: { type: 'boolean' }, codec: undefined };
    if (flags & F.BigIntLike) return { schema: { type: 'integer' }, codec: 'bigint' };
    if (flags & F.ESSymbolLike) throw new Inexpressible('is a symbol');
    if (flags & F.NonPrimitive) return { schema: { type: 'object' }, codec: undefined };
    if (type.isIntersection()) {
      // A branded type: `string & {readonly brand: 'id'}`.
      const bare = type.types.find((part) => part.flags & (F.StringLike | F.NumberLike | F.BooleanLike | F.BigIntLike));
      if (bare !== undefined) return of(bare);
    }
    if (flags & (F.TypeParameter | F.IndexedAccess | F.Conditional | F.Substitution | F.Index)) {
      const bound = checker.getBaseConstraintOfType(type);
      return bound === undefined || bound === type ? { schema: {}, codec: undefined } : of(bound);
    }
    return ofObject(type);
  };

  /** JSON has no NaN: it comes out as text, and goes in where it is declared so in the schema only. */
  const ofNumber = (): Described => ({
    schema: output ? { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] } : { type: 'number' },
    codec: undefined,
  });

  /** `optional`: where it is undefined, there is nothing. */
  const ofUnion = (union: TS.UnionType, optional: boolean): Described => {
    const F = ts.TypeFlags;
    const parts = union.types.filter((part) => (output && !optional) || !(part.flags & (F.Undefined | F.Void)));
    const literals: (string | number | boolean | null)[] = [];
    const rest: TS.Type[] = [];
    for (const part of parts) {
      if (part.isStringLiteral() || part.isNumberLiteral()) literals.push(part.value);
      else if (part.flags & F.BooleanLiteral) literals.push(checker.typeToString(part) === 'true');
      else if (part.flags & (F.Null | F.Undefined | F.Void)) literals.push(null);
      else rest.push(part);
    }
    const schemas: Schema[] = [];
    const isBoolean = literals.includes(true) && literals.includes(false);
    if (isBoolean) schemas.push({ type: 'boolean' });
    const kept = [...new Set(literals)].filter((one) => !isBoolean || typeof one !== 'boolean');
    if (kept.length === 1) schemas.push(kept[0] === null ? { type: 'null' } : { const: kept[0]! });
    else if (kept.length > 1) schemas.push({ enum: kept });
    const described = rest.map((part) => of(part));
    const all = [...described.flatMap(({ schema }) => alternatives(schema)), ...schemas];
    const made = described.map(({ codec }) => codec).filter((codec) => codec !== undefined);
    const codec: Codec =
      made.length === 0 ? undefined : made.length === 1 && all.length === 1 ? made[0] : { one: made };
    return { schema: all.length === 1 ? all[0]! : { anyOf: all }, codec };
  };

  const ofObject = (type: TS.Type): Described => {
    if (checker.isTupleType(type)) return ofTuple(type as TS.TupleTypeReference);
    if (checker.isArrayType(type)) {
      const items = of(argument(type, 0));
      return { schema: { type: 'array', items: items.schema }, codec: items.codec && { array: items.codec } };
    }
    const symbol = type.aliasSymbol ?? type.getSymbol();
    const known = isOwn(type.getSymbol()) ? undefined : ofKnown(type, type.getSymbol()?.name ?? '');
    if (known !== undefined) return known;
    if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0)
      throw new Inexpressible('is a function');
    if (type.isClass() && !output && isOwn(type.getSymbol()))
      throw new Inexpressible(`is the class ${type.getSymbol()!.name}, and JSON makes no object of it`);
    const isNamed = symbol !== undefined && !symbol.name.startsWith('__') && isOwn(symbol);
    const name = isNamed ? nameOf(type, symbol) : undefined;
    if (name === undefined) return members(type);
    const isNew = !Object.hasOwn(defs, name);
    if (isNew) {
      defs[name] = {}; // for what refers to itself
      codecs[name] = undefined;
      const made = members(type);
      const about = ts.displayPartsToString(symbol!.getDocumentationComment(checker));
      defs[name] = { title: symbol!.name, ...(about && { description: about }), ...made.schema };
      codecs[name] = made.codec;
    }
    return { schema: { $ref: `#/$defs/${name}` }, codec: { ref: name } };
  };

  const isOwn = (symbol: TS.Symbol | undefined): boolean =>
    symbol?.declarations?.some((declaration) => own(declaration.getSourceFile())) ?? true;

  const nameOf = (type: TS.Type, symbol: TS.Symbol): string => {
    const before = names.get(type);
    if (before !== undefined) return before;
    const base = checker.typeToString(type).replace(/\W+/g, '_').replace(/^_|_$/g, '').slice(0, 60) || symbol.name;
    const taken = new Set(names.values());
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
    names.set(type, name);
    return name;
  };

  const argument = (type: TS.Type, at: number): TS.Type =>
    checker.getTypeArguments(type as TS.TypeReference)[at] ?? checker.getAnyType();

  const ofTuple = (type: TS.TupleTypeReference): Described => {
    const kinds = type.target.elementFlags;
    const parts = checker.getTypeArguments(type).map((part) => of(part));
    const fixed = parts.filter((_, i) => kinds[i]! & (ts.ElementFlags.Required | ts.ElementFlags.Optional));
    const more = parts.find((_, i) => kinds[i]! & ts.ElementFlags.Rest);
    return {
      schema: {
        type: 'array',
        prefixItems: fixed.map(({ schema }) => schema),
        items: more?.schema ?? false,
        minItems: kinds.filter((kind) => kind & ts.ElementFlags.Required).length,
      },
      codec: { tuple: fixed.map(({ codec }) => codec), ...(more?.codec && { rest: more.codec }) },
    };
  };

  /** Types of the language and of Node that have a form of their own. */
  const ofKnown = (type: TS.Type, name: string): Described | undefined => {
    switch (name) {
      case 'Date':
        return { schema: { type: 'string', format: 'date-time' }, codec: 'date' };
      case 'URL':
        return { schema: { type: 'string', format: 'uri' }, codec: 'url' };
      case 'Uint8Array':
      case 'Buffer':
      case 'ArrayBuffer':
      case 'ArrayBufferLike': {
        const codec = name === 'Uint8Array' ? 'bytes' : name === 'Buffer' ? 'buffer' : 'arraybuffer';
        return { schema: bytesSchema(output), codec, files: true };
      }
      case 'File':
      case 'Blob':
        return { schema: output ? fileOut : fileIn, codec: 'file', files: true };
      case 'ReadableStream':
        if (output) throw new Inexpressible('is a stream inside of the result');
        return { schema: fileIn, codec: 'filestream', files: true };
      case 'Map':
      case 'ReadonlyMap':
        return ofMap(type);
      case 'Set':
      case 'ReadonlySet': {
        const items = of(argument(type, 0));
        return {
          schema: { type: 'array', items: items.schema, ...(!output && { uniqueItems: true }) },
          codec: { set: items.codec },
        };
      }
      case 'Error':
        if (!output) break;
        return { schema: { type: 'object' }, codec: undefined };
      case 'Promise':
        throw new Inexpressible('is a Promise inside of a value');
      case 'RegExp':
      case 'Function':
      case 'WeakMap':
      case 'WeakSet':
        break;
      default:
        if (/^(?:Int|Uint|Float|BigInt|BigUint)\d+Array$|^Uint8ClampedArray$/.test(name)) {
          if (!output) break;
          return { schema: { type: 'array' }, codec: undefined };
        }
        return undefined;
    }
    throw new Inexpressible(`is a ${name}`);
  };

  const ofMap = (type: TS.Type): Described => {
    const [key, value] = [of(argument(type, 0)), of(argument(type, 1))];
    const isText = ['string', undefined].includes((key.schema as { type?: string }).type) && key.codec === undefined;
    const isNumber =
      (key.schema as { type?: string }).type === 'number' || key.codec === 'bigint' || 'anyOf' in key.schema;
    if (isText || isNumber)
      return {
        schema: { type: 'object', additionalProperties: value.schema },
        codec: { map: [isNumber && key.codec === undefined ? 'number' : key.codec, value.codec] },
      };
    const pair = { type: 'array', prefixItems: [key.schema, value.schema], items: false, minItems: 2 };
    return { schema: { type: 'array', items: pair }, codec: { map: [key.codec, value.codec] } };
  };

  const members = (type: TS.Type): { schema: Schema; codec: Codec } => {
    const properties: Record<string, Schema> = {};
    const object: Record<string, Codec> = {};
    const required: string[] = [];
    for (const symbol of checker.getPropertiesOfType(type)) {
      if (symbol.name.startsWith('__@')) continue; // named by a symbol
      const hidden = symbol.declarations?.some(
        (one) => ts.getCombinedModifierFlags(one) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected),
      );
      const inner = checker.getTypeOfSymbol(symbol);
      if (output && inner.getCallSignatures().length > 0) continue; // methods are not in the JSON
      if (hidden || symbol.name.startsWith('#')) continue;
      const optional = (symbol.flags & ts.SymbolFlags.Optional) !== 0 || hasUndefined(inner);
      let made: Described;
      try {
        made = of(inner, optional);
      } catch (error) {
        if (!(error instanceof Inexpressible)) throw error;
        if (optional && !output) continue; // nobody has to give it
        throw new Inexpressible(`has ${symbol.name}, which ${error.message}`);
      }
      properties[symbol.name] = { ...made.schema, ...tagsOf(ts, checker, symbol) };
      if (made.codec !== undefined) object[symbol.name] = made.codec;
      if (!optional) required.push(symbol.name);
    }
    const index = checker
      .getIndexInfosOfType(type)
      .find(({ keyType }) => keyType.flags & (ts.TypeFlags.String | ts.TypeFlags.Number));
    const rest = index && of(index.type);
    const closed = output || Object.keys(properties).length === 0 ? undefined : false;
    const additional = rest?.schema ?? closed;
    return {
      schema: {
        type: 'object',
        ...(Object.keys(properties).length > 0 && { properties }),
        ...(required.length > 0 && { required }),
        ...(additional !== undefined && { additionalProperties: additional }),
      },
      codec:
        Object.keys(object).length === 0 && rest?.codec === undefined
          ? undefined
          : { object, ...(rest?.codec && { rest: rest.codec }) },
    };
  };

  const hasUndefined = (type: TS.Type): boolean =>
    type.isUnion() && type.types.some((part) => part.flags & ts.TypeFlags.Undefined);

  return { of, members, defs, codecs };
};
