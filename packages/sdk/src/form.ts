import { toJson } from './json.ts';

/** What may stand for a file. Names of files come from `File`s. */
export type FileInput = Blob | Uint8Array<ArrayBuffer>;

const isFile = (value: unknown): value is FileInput => value instanceof Blob || value instanceof Uint8Array;

/** Files among arguments, by parameter, and the other arguments. */
export const splitFiles = (args: object): { plain: Record<string, unknown>; files: [string, FileInput][] } => {
  const files: [string, FileInput][] = [];
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    const several = Array.isArray(value) && value.length > 0 && value.every(isFile) ? value : [];
    if (isFile(value)) files.push([name, value]);
    else if (several.length > 0) files.push(...several.map((file): [string, FileInput] => [name, file]));
    else if (value !== undefined) plain[name] = value;
  }
  return { plain, files };
};

/**
 * Arguments with files, as `multipart/form-data` (RFC 7578). Not by `FormData`, in which nothing can say that it is JSON without
 * being a file: the string "1" and the number 1 would look alike.
 */
export const callForm = (
  plain: Readonly<Record<string, unknown>>,
  files: readonly (readonly [string, FileInput])[],
): { body: Blob; contentType: string } => {
  const boundary = `crank-${crypto.randomUUID()}`;
  const head = (name: string, more: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${more}\r\n\r\n`;
  const parts: (FileInput | string)[] = Object.entries(plain).map(
    ([name, value]) => `${head(name, '\r\nContent-Type: application/json')}${toJson(value)}\r\n`,
  );
  for (const [name, file] of files) {
    const fileName = file instanceof File ? file.name : name;
    const type = (file instanceof Blob && file.type) || 'application/octet-stream';
    parts.push(head(name, `; filename="${quoted(fileName)}"\r\nContent-Type: ${type}`), file, '\r\n');
  }
  parts.push(`--${boundary}--\r\n`);
  return { body: new Blob(parts), contentType: `multipart/form-data; boundary=${boundary}` };
};

/** As browsers quote names in a form (WHATWG HTML, "multipart/form-data encoding algorithm"). */
const quoted = (name: string): string =>
  name.replace(/[\r\n"]/g, (one) => ({ '\r': '%0D', '\n': '%0A' })[one] ?? '%22');
