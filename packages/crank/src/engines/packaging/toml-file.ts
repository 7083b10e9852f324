import { parse, TomlError } from 'smol-toml';
import type { Finding } from '#src/core/error.ts';
import { problem } from './findings.ts';
import type { Source } from './source.ts';

const MAX_BYTES = 8 * 2 ** 20;

export type Table = Readonly<Record<string, unknown>>;

export const table = (value: unknown): Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};

/** A TOML file of the source; undefined where there is none, or where a finding says why it cannot be read. */
export const readToml = (source: Source, file: string, findings: Finding[]): Table | undefined => {
  const content = source.files.get(file);
  if (content === undefined) return undefined;
  if (content.byteLength > MAX_BYTES) {
    findings.push(problem(file, `It has more than ${MAX_BYTES} bytes.`, 'Shorten it.'));
    return undefined;
  }
  try {
    return parse(new TextDecoder().decode(content));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    findings.push(problem(file, `It is not TOML: ${error.message.split('\n')[0]}.`, 'Mend that line.', error.line));
    return undefined;
  }
};
