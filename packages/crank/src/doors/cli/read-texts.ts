import { stat } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import { readTree } from './read-tree.ts';

export interface TextColumns {
  text: string;
  label: string;
  time: string;
  group: string;
}

/** A text with what is known of it. */
export interface GivenText {
  text: string;
  label?: string;
  /** ISO 8601 */
  time?: string;
  group?: string;
}

/**
 * Texts of a `.csv`, `.tsv` or `.jsonl` file by their columns, or of a folder: a file each, the folder that it is in as its group.
 *
 * @throws CrankError `invalid-input` where there is nothing to read
 */
export const readTexts = async (path: string, columns: TextColumns): Promise<GivenText[]> => {
  const files = await readTree(path);
  if ((await stat(path)).isDirectory())
    return files.map(({ path: name, bytes }) => {
      const folder = name.split('/').slice(0, -1).join('/');
      return { text: textOf(bytes), ...(folder !== '' && { group: folder }) };
    });
  const text = textOf(files[0]!.bytes);
  if (/\.(jsonl|ndjson)$/i.test(path)) return text.split('\n').flatMap((line, i) => ofLine(line, i + 1, columns));
  if (/\.(csv|tsv)$/i.test(path)) return ofRows(parseCsv(text, /\.tsv$/i.test(path) ? '\t' : ','), columns);
  throw new CrankError('invalid-input', `${path} is no .csv, .tsv or .jsonl file and no folder: give one of these.`);
};

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const given = (values: (name: keyof TextColumns) => unknown, where: string, columns: TextColumns): GivenText => {
  const text = values('text');
  if (typeof text !== 'string')
    throw new CrankError('invalid-input', `${where} has no "${columns.text}": name the column of texts (--column).`);
  const more = (['label', 'time', 'group'] as const).flatMap((name) => {
    const value = values(name);
    return value === undefined || value === null || value === '' ? [] : [[name, String(value)] as const];
  });
  return { text, ...Object.fromEntries(more) };
};

const ofLine = (line: string, number: number, columns: TextColumns): GivenText[] => {
  if (line.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new CrankError('invalid-input', `Line ${number} is not JSON: ${(error as Error).message}.`);
  }
  const object = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return [given((name) => object[columns[name]], `Line ${number}`, columns)];
};

const ofRows = (rows: readonly string[][], columns: TextColumns): GivenText[] => {
  const [head = [], ...rest] = rows;
  const at = (name: keyof TextColumns): number => head.indexOf(columns[name]);
  return rest.map((row, i) => given((name) => row[at(name)], `Row ${i + 1}`, columns));
};

/** RFC 4180, section 2; rows end with CRLF or LF, empty ones are none. @throws CrankError `invalid-input` where a quote is not closed */
export const parseCsv = (text: string, separator: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  const body = text.replace(/^\uFEFF/, '');
  for (let i = 0; i < body.length; i++) {
    const char = body[i]!;
    if (isQuoted) {
      if (char !== '"') field += char;
      else if (body[i + 1] === '"') field += body[++i];
      else isQuoted = false;
    } else if (char === '"' && field === '') isQuoted = true;
    else if (char === separator || char === '\n') {
      row.push(char === '\n' ? field.replace(/\r$/, '') : field);
      field = '';
      if (char === '\n') {
        if (row.length > 1 || row[0] !== '') rows.push(row);
        row = [];
      }
    } else field += char;
  }
  if (isQuoted) throw new CrankError('invalid-input', 'A field of the CSV begins with a quote that is never closed.');
  if (field !== '' || row.length > 0) rows.push([...row, field.replace(/\r$/, '')]);
  return rows;
};
