/**
 * Types of personal data and secrets that are told apart; `engines/privacy` finds them, policies name them. A name is
 * never given another meaning. `national-id` stands for all numbers of persons, which have names such as `us-ssn`, too.
 */
export const personalTypes = [
  'email',
  'phone',
  'card',
  'iban',
  'national-id',
  'birth-date',
  'ip',
  'mac',
  'url',
  'crypto-address',
  'secret',
  'person',
  'location',
  'organisation',
] as const;

/** `us-ssn`: a country (ISO 3166 alpha-2) and its number for persons. */
const NATIONAL = /^[a-z]{2}-[a-z0-9][a-z0-9-]{1,30}$/;

export const isPersonalType = (name: unknown): name is string =>
  typeof name === 'string' && ((personalTypes as readonly string[]).includes(name) || NATIONAL.test(name));

/** What is done with what was found. */
export const redactActions = ['mask', 'hash', 'tokenise', 'drop'] as const;
export type RedactAction = (typeof redactActions)[number];

/** What is to be found in an answer, where, and what is done with it. */
export interface RedactRule {
  /** Names of types; absent: the whole value of `fields`. */
  detect?: readonly string[];
  action: RedactAction;
  /** A JSON Pointer in which `*` stands for one name or place; with all that lies below it. Absent: everywhere, also outside of JSON. */
  fields?: string;
  /** 0 to 1; 0.5 where absent. */
  minScore?: number;
  /** The account whose policy says so: under its key values are hashed and tokenised. */
  account: string;
}

/** How confidential data is, in rising order. */
export const classifications = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Classification = (typeof classifications)[number];

export const isClassification = (value: unknown): value is Classification =>
  (classifications as readonly unknown[]).includes(value);

/** The higher one; nothing is lower than `public`. */
export const higher = (a: Classification | undefined, b: Classification | undefined): Classification | undefined =>
  a === undefined || (b !== undefined && classifications.indexOf(b) > classifications.indexOf(a)) ? b : a;

/** How the arguments of a call are to be labelled. Labels only rise. */
export interface ClassifyRule {
  label: Classification | undefined;
  /** The label holds where one of these is found in the arguments. */
  detect?: readonly string[];
  /** A JSON Pointer into the arguments: what stands there, if it is a label, is one. */
  field?: string;
}
