import type { Finding } from '#src/core/error.ts';
import { type Declared, parseLines } from './declared.ts';
import type { Source } from './source.ts';

const MAX_BYTES = 2 ** 20;

/** Reads `setup.cfg`: [options] install_requires and python_requires; undefined where it names neither. */
export const readSetupCfg = (source: Source, findings: Finding[]): Declared | undefined => {
  const content = source.files.get('setup.cfg');
  if (content === undefined || content.byteLength > MAX_BYTES) return undefined;
  const options = sections(new TextDecoder().decode(content)).get('options');
  const requires = options?.get('install_requires');
  const python = options?.get('python_requires')?.[0];
  if (requires === undefined && python === undefined) return undefined;
  const lines = (requires ?? []).flatMap((line) => (line.startsWith('file:') ? [] : line.split(/;(?=\s*$)/)[0]!));
  return { requirements: parseLines('setup.cfg', lines, findings), constraints: [], ...(python && { python }) };
};

/** An INI file as Python's configparser reads it: values go on in lines that are indented. */
const sections = (text: string): Map<string, Map<string, string[]>> => {
  const all = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let values: string[] | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/^\s*[#;].*$/, '').replace(/\s#.*$/, '');
    const head = /^\[([^\]]+)\]\s*$/.exec(line);
    const pair = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
    if (line.trim() === '') continue;
    if (head !== null) {
      section = all.get(head[1]!) ?? new Map();
      all.set(head[1]!, section);
      values = undefined;
    } else if (/^\s/.test(line)) values?.push(line.trim());
    else if (pair !== null) {
      values = pair[2] === '' ? [] : [pair[2]!.trim()];
      section?.set(pair[1]!, values);
    }
  }
  return all;
};
