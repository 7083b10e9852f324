import { quote } from './findings.ts';
import { identity, isMap, type JsonMap, listed } from './json-values.ts';
import type { Fuel } from './schema-fuel.ts';
import { type Build, below, isFull, type Rule, tellError } from './schema-rule.ts';
import { range } from './schema-value-rules.ts';

/** Rules about arrays and objects: their size, and what is in them. */
export const memberRules = (schema: JsonMap, build: Build): Rule[] =>
  [
    itemCount(schema),
    items(schema, build),
    uniqueItems(schema),
    memberCount(schema),
    required(schema),
    properties(schema, build),
    additionalProperties(schema, build),
    propertyNames(schema, build),
  ].filter((rule) => rule !== undefined);

const itemCount = (schema: JsonMap): Rule | undefined => {
  const bounds = range(schema['minItems'], schema['maxItems']);
  if (bounds === undefined) return undefined;
  const { min, max, between } = bounds;
  return {
    test: (value) => !Array.isArray(value) || (value.length >= min && value.length <= max),
    tell: (value, at, telling) =>
      tellError(telling, at, `expected ${between} items, got ${(value as unknown[]).length}`),
  };
};

const items = (schema: JsonMap, build: Build): Rule | undefined => {
  const first = ((schema['prefixItems'] ?? []) as unknown[]).map(build);
  const rest = schema['items'] === undefined || schema['items'] === true ? undefined : build(schema['items']);
  if (first.length === 0 && rest === undefined) return undefined;
  const nodeAt = (i: number) => first[i] ?? rest;
  return {
    test: (value, fuel) => {
      if (!Array.isArray(value)) return true;
      const end = rest === undefined ? Math.min(value.length, first.length) : value.length;
      for (let i = 0; i < end; i++) if (!nodeAt(i)!.test(value[i], fuel)) return false;
      return true;
    },
    tell: (value, at, telling) => {
      for (const [i, item] of (value as unknown[]).entries()) {
        if (isFull(telling)) return;
        const node = nodeAt(i);
        if (node !== undefined && !node.test(item, telling.fuel)) node.tell(item, below(at, i), telling);
      }
    },
  };
};

const uniqueItems = (schema: JsonMap): Rule | undefined => {
  if (schema['uniqueItems'] !== true) return undefined;
  return {
    test: (value, fuel) => {
      if (!Array.isArray(value)) return true;
      fuel.spend(value.length);
      const seen = new Set<unknown>();
      for (const item of value) if (seen.size === seen.add(identity(item, fuel)).size) return false;
      return true;
    },
    tell: (_value, at, telling) => tellError(telling, at, 'expected different items, got some twice'),
  };
};

const memberCount = (schema: JsonMap): Rule | undefined => {
  const bounds = range(schema['minProperties'], schema['maxProperties']);
  if (bounds === undefined) return undefined;
  const { min, max, between } = bounds;
  return {
    test: (value, fuel) => {
      if (!isMap(value)) return true;
      const size = namesOf(value, fuel).length;
      return size >= min && size <= max;
    },
    tell: (value, at, telling) =>
      tellError(telling, at, `expected ${between} members, got ${Object.keys(value as object).length}`),
  };
};

/** Listing the names of a large object takes longer per name than anything else here. */
const namesOf = (value: JsonMap, fuel: Fuel): string[] => {
  const names = Object.keys(value);
  fuel.spend(8 * names.length);
  return names;
};

const required = (schema: JsonMap): Rule | undefined => {
  const names = (schema['required'] ?? []) as readonly string[];
  if (names.length === 0) return undefined;
  return {
    // hasOwn: "constructor" is a name as any other
    test: (value) => !isMap(value) || names.every((name) => Object.hasOwn(value, name)),
    tell: (value, at, telling) => {
      for (const name of names)
        if (!Object.hasOwn(value as object, name)) tellError(telling, below(at, name), `${quote(name)} is missing`);
    },
  };
};

const properties = (schema: JsonMap, build: Build): Rule | undefined => {
  const nodes = Object.entries((schema['properties'] ?? {}) as JsonMap).map(
    ([name, one]) => [name, build(one)] as const,
  );
  if (nodes.length === 0) return undefined;
  return {
    test: (value, fuel) => {
      if (!isMap(value)) return true;
      for (const [name, node] of nodes) if (Object.hasOwn(value, name) && !node.test(value[name], fuel)) return false;
      return true;
    },
    tell: (value, at, telling) => {
      const members = value as JsonMap;
      for (const [name, node] of nodes)
        if (Object.hasOwn(members, name) && !node.test(members[name], telling.fuel))
          node.tell(members[name], below(at, name), telling);
    },
  };
};

const additionalProperties = (schema: JsonMap, build: Build): Rule | undefined => {
  const wanted = schema['additionalProperties'];
  if (wanted === undefined || wanted === true) return undefined;
  const known = new Set(Object.keys((schema['properties'] ?? {}) as object));
  const hint = known.size === 0 ? 'nothing is expected' : `known: ${listed([...known])}`;
  const node = wanted === false ? undefined : build(wanted);
  return {
    test: (value, fuel) => {
      if (!isMap(value)) return true;
      for (const name of namesOf(value, fuel))
        if (!known.has(name) && (node === undefined || !node.test(value[name], fuel))) return false;
      return true;
    },
    tell: (value, at, telling) => {
      for (const [name, member] of Object.entries(value as JsonMap)) {
        if (isFull(telling)) return;
        if (known.has(name)) continue;
        if (node === undefined) tellError(telling, below(at, name), `${quote(name)} is unknown; ${hint}`);
        else if (!node.test(member, telling.fuel)) node.tell(member, below(at, name), telling);
      }
    },
  };
};

const propertyNames = (schema: JsonMap, build: Build): Rule | undefined => {
  if (schema['propertyNames'] === undefined || schema['propertyNames'] === true) return undefined;
  const node = build(schema['propertyNames']);
  return {
    test: (value, fuel) => !isMap(value) || namesOf(value, fuel).every((name) => node.test(name, fuel)),
    tell: (value, at, telling) => {
      for (const name of Object.keys(value as object))
        if (!isFull(telling) && !node.test(name, telling.fuel))
          tellError(telling, below(at, name), `${quote(name)} is not an allowed name`);
    },
  };
};
