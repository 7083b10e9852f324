import {
  type ClassifyRule,
  classifications,
  isClassification,
  isPersonalType,
  personalTypes,
  type RedactAction,
  type RedactRule,
  redactActions,
} from '#src/core/personal-data.ts';
import { BadResult, elements, isObject, isPointer, show } from './interpret.ts';

const MOST_RULES = 100;

const typesOf = (value: unknown): readonly string[] => {
  const names = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(names) || names.length === 0) throw new BadResult(`detect: ${show(value)} names no type`);
  for (const name of names) {
    if (!isPersonalType(name))
      throw new BadResult(`detect: ${show(name)} is none of ${personalTypes.join(', ')}, nor a number such as us-ssn`);
  }
  return [...new Set(names as string[])].sort();
};

const pointerOf = (name: string, value: unknown): string => {
  if (typeof value === 'string' && isPointer(value)) return value;
  throw new BadResult(`${name}: ${show(value)} is no JSON Pointer`);
};

/** Objects of a set with members that are known. @throws BadResult */
export const rulesIn = (value: unknown, known: readonly string[], example: string): Record<string, unknown>[] => {
  const rules = elements(value);
  if (rules.length > MOST_RULES) throw new BadResult(`it has more than ${MOST_RULES} elements`);
  return rules.map((rule) => {
    if (!isObject(rule)) throw new BadResult(`${show(rule)} is no object such as ${example}`);
    const other = Object.keys(rule).find((name) => !known.includes(name));
    if (other !== undefined) throw new BadResult(`${other} is unknown; an object has ${known.join(', ')}`);
    return rule;
  });
};

/**
 * What a `redact` rule said: a set of objects with `action` and, at least one of them, `detect` (names of types) and
 * `fields` (a JSON Pointer in which `*` stands for one name or place); `min_score` is 0.5 where absent.
 *
 * @param account whose rule it is
 * @throws BadResult
 */
export const redactRules = (value: unknown, account: string): RedactRule[] =>
  rulesIn(value, ['detect', 'action', 'fields', 'min_score'], '{"detect": ["email"], "action": "mask"}').map((rule) => {
    const { detect, action, fields, min_score: minScore } = rule;
    if (!(redactActions as readonly unknown[]).includes(action))
      throw new BadResult(`action: ${show(action)} is none of ${redactActions.join(', ')}`);
    if (detect === undefined && fields === undefined)
      throw new BadResult(`${show(rule)} has neither detect nor fields`);
    if (minScore !== undefined && !(typeof minScore === 'number' && minScore >= 0 && minScore <= 1))
      throw new BadResult(`min_score: ${show(minScore)} is no number from 0 to 1`);
    return {
      ...(detect !== undefined && { detect: typesOf(detect) }),
      action: action as RedactAction,
      ...(fields !== undefined && { fields: pointerOf('fields', fields) }),
      ...(typeof minScore === 'number' && { minScore }),
      account,
    };
  });

/**
 * What a `classify` rule said: a set of objects with `label`, and `detect` (names of types) where the label holds for
 * arguments that have one; or with `field`, a JSON Pointer to the argument that is the label.
 *
 * @throws BadResult
 */
export const classifyRules = (value: unknown): ClassifyRule[] =>
  rulesIn(value, ['label', 'detect', 'field'], '{"detect": ["card"], "label": "restricted"}').map((rule) => {
    const { label, detect, field } = rule;
    if ((label === undefined) === (field === undefined))
      throw new BadResult(`${show(rule)} has not one of label and field`);
    if (label !== undefined && !isClassification(label))
      throw new BadResult(`label: ${show(label)} is none of ${classifications.join(', ')}`);
    if (field !== undefined && detect !== undefined) throw new BadResult(`${show(rule)} has both field and detect`);
    return {
      label,
      ...(detect !== undefined && { detect: typesOf(detect) }),
      ...(field !== undefined && { field: pointerOf('field', field) }),
    };
  });

/** As obligations stand in receipts: `redact:card,email:mask:/customer/*:0.8`, what is absent left empty at the end. */
export const redactObligation = ({ detect, action, fields, minScore }: RedactRule): string => {
  const parts = [
    'redact',
    detect?.join(',') ?? '',
    action,
    fields ?? '',
    minScore === undefined ? '' : String(minScore),
  ];
  return parts.join(':').replace(/:+$/, '');
};
