/** A country's number for persons. */
export interface Scheme {
  /** Country (ISO 3166 alpha-2) and the number's usual name: `us-ssn`. */
  type: string;
  /** Its written forms (layouts.ts has their alphabet), and how sure each is by itself once `valid`, 0 to 1. */
  layouts: Readonly<Record<string, number>>;
  /** Words that make it sure where they stand near; regular expression sources in lower case. */
  words: readonly string[];
  /** Whether it can be one. @param plain digits and upper-case letters without separators */
  valid(plain: string): boolean;
}
