import { given, isMap, type JsonMap } from './json-values.ts';
import { memberRules } from './schema-member-rules.ts';
import { type Build, type Node, type Rule, tellError } from './schema-rule.ts';
import { typeRule, valueRules } from './schema-value-rules.ts';

/** Makes a schema ready, and its definitions at their first use. */
export const buildSchema = (schema: JsonMap): Node => {
  const definitions = (schema['$defs'] ?? {}) as JsonMap;
  const built = new Map<string, Node>();
  const resolve = (reference: string): Node => {
    const name = reference.slice('#/$defs/'.length);
    let node = built.get(name);
    if (node === undefined) {
      node = build(definitions[name]);
      built.set(name, node);
    }
    return node;
  };
  const build: Build = (one) => buildNode(one, build, resolve);
  return build(schema);
};

const nothing: Node = {
  test: () => false,
  tell: (value, at, telling) => tellError(telling, at, `expected nothing here, got ${given(value)}`),
  isOfType: () => false,
  expectation: () => undefined,
};
const anything: Node = { ...nothing, test: () => true, tell: () => {}, isOfType: () => true };

const buildNode = (schema: unknown, build: Build, resolve: (reference: string) => Node): Node => {
  if (!isMap(schema)) return schema === false ? nothing : anything;
  const rules: Rule[] = [];
  let isOfType = (_value: unknown): boolean => true;
  if (schema['type'] !== undefined) {
    const type = typeRule(schema['type']);
    rules.push(type);
    isOfType = type.isOfType;
  }
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    // Not before it is needed: a definition may refer to itself.
    const target = () => resolve(reference);
    rules.push({ test: (value, fuel) => target().test(value, fuel), tell: (...args) => target().tell(...args) });
    const own = isOfType;
    isOfType = (value) => own(value) && target().isOfType(value);
  }
  rules.push(...valueRules(schema), ...memberRules(schema, build), ...alternatives(schema, build));
  const cost = weight(schema);
  return {
    isOfType,
    test: (value, fuel) => {
      fuel.spend(cost);
      for (const rule of rules) if (!rule.test(value, fuel)) return false;
      return true;
    },
    tell: (value, at, telling) => {
      telling.fuel.spend(cost);
      for (const rule of rules) {
        if (rule.test(value, telling.fuel)) continue;
        rule.tell(value, at, telling);
        if (rule === rules[0] && schema['type'] !== undefined) return; // the rest would say the same in other words
      }
    },
    expectation: (value, fuel) => {
      fuel.spend(cost);
      if (typeof reference === 'string' && !resolve(reference).test(value, fuel))
        return resolve(reference).expectation(value, fuel);
      return rules.find((rule) => !rule.test(value, fuel))?.expected;
    },
  };
};

/** One step for the schema, and more where it looks at many things one by one. */
const weight = (schema: JsonMap): number => {
  const members = Object.keys((schema['properties'] ?? {}) as object).length;
  return 1 + Math.ceil((members + ((schema['required'] ?? []) as unknown[]).length) / 8);
};

const alternatives = (schema: JsonMap, build: Build): Rule[] => {
  const rules: Rule[] = [];
  for (const one of (schema['allOf'] ?? []) as unknown[]) rules.push(build(one));
  if (schema['anyOf'] !== undefined) {
    const nodes = (schema['anyOf'] as unknown[]).map(build);
    rules.push({
      test: (value, fuel) => {
        fuel.spend(nodes.length >> 3);
        return nodes.some((node) => node.test(value, fuel));
      },
      tell: tellAlternatives(nodes),
    });
  }
  if (schema['oneOf'] !== undefined) {
    const nodes = (schema['oneOf'] as unknown[]).map(build);
    const tellNone = tellAlternatives(nodes);
    rules.push({
      test: (value, fuel) => {
        fuel.spend(nodes.length >> 3);
        let matching = 0;
        for (const node of nodes) if (node.test(value, fuel) && ++matching > 1) return false;
        return matching === 1;
      },
      tell: (value, at, telling) => {
        if (!nodes.some((node) => node.test(value, telling.fuel))) tellNone(value, at, telling);
        else tellError(telling, at, `matches more than one of ${nodes.length} alternatives, got ${given(value)}`);
      },
    });
  }
  return rules;
};

const tellAlternatives =
  (nodes: readonly Node[]): Rule['tell'] =>
  (value, at, telling) => {
    // Only one alternative is about values of this type: what is wrong there is what the sender wants to know.
    const ofType = nodes.filter((node) => node.isOfType(value));
    if (ofType.length === 1) return ofType[0]!.tell(value, at, telling);
    const expected = (ofType.length === 0 ? nodes : ofType).map((node) => node.expectation(value, telling.fuel));
    const told = new Set(expected.filter((text) => text !== undefined));
    if (told.size > 0 && !expected.includes(undefined))
      return tellError(telling, at, `expected ${[...told].join(' or ')}, got ${given(value)}`);
    const first = { fuel: telling.fuel, errors: [] as typeof telling.errors };
    ofType[0]?.tell(value, at, first);
    const [error] = first.errors;
    const where = error === undefined || error.pointer === at ? '' : `at ${error.pointer.slice(at.length)} `;
    const example = error === undefined ? '' : ` (the first: ${where}${error.message})`;
    tellError(telling, at, `matches none of ${nodes.length} alternatives, got ${given(value)}${example}`);
  };
