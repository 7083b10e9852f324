import type { ReactNode } from 'react';

/** Longest text that is shown; a browser stands still over more. */
const MOST = 200_000;

/** JSON as text, whole numbers with all their digits. */
export const jsonText = (value: unknown, indent = ''): string => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each) => jsonText(each, deeper))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${jsonText(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const line = `${open}${parts.join(', ')}${close}`;
  if (parts.length === 0 || (line.length + indent.length < 80 && !line.includes('\n'))) return line;
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
};

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;

const coloured = (text: string): ReactNode[] => {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, quoted, colon] = match;
    parts.push(text.slice(from, match.index));
    const kind = quoted === undefined ? 'json-value' : colon === undefined ? 'json-text' : 'json-key';
    parts.push(
      <span key={match.index} className={kind}>
        {quoted ?? whole}
      </span>,
      colon,
    );
    from = match.index + whole.length;
  }
  return [...parts, text.slice(from)];
};

export const Json = ({ value, label }: { value: unknown; label: string }) => {
  const text = jsonText(value);
  return (
    <div className="code">
      <pre tabIndex={0} role="region" aria-label={label}>
        {coloured(text.slice(0, MOST))}
        {text.length > MOST && `\n… and ${text.length - MOST} more characters`}
      </pre>
    </div>
  );
};

/** Whether a value is better looked at as a table: several objects with the same few plain members. */
export const isTable = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row)) &&
  Object.keys(value[0] as object).length <= 12;

const ROWS = 200;

export const Table = ({ rows }: { rows: readonly Record<string, unknown>[] }) => {
  const names = [...new Set(rows.slice(0, ROWS).flatMap((row) => Object.keys(row)))];
  return (
    <section className="card flush scroll" aria-label="Result as a table" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col" className={typeof rows[0]![name] === 'number' ? 'right' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows stay in their order
            <tr key={index}>
              {names.map((name) => {
                const value = row[name];
                const number = typeof value === 'number' || typeof value === 'bigint';
                return (
                  <td key={name} className={number ? 'right num' : ''}>
                    {typeof value === 'string' || number ? String(value) : value === undefined ? '' : jsonText(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS && (
        <p className="waiting">
          The first {ROWS} of {rows.length}.
        </p>
      )}
    </section>
  );
};
