import { bars, columns, escapeHtml, heat } from './charts.ts';
import type { Statistics } from './statistics.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2330; --soft: #5d6878; --line: #d9dee6; --mark: #2f6fb2; --paper: #fff; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf2; --soft: #9aa6b6; --line: #333d4a; --mark: #6aa7e6; --paper: #12171e; --card: #1a212a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 800px; padding: 32px 24px 64px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 40px 0 12px; } p { margin: 0 0 12px; } .soft, .none { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin: 24px 0; }
.card { background: var(--card); border-radius: 8px; padding: 12px 16px; } .card b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; } .card span { color: var(--soft); font-size: 13px; }
svg { width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); } .bar, .heat { fill: var(--mark); } .grid { stroke: var(--line); }
table { width: 100%; border-collapse: collapse; font-size: 14px; } th { text-align: left; color: var(--soft); font-weight: 500; } th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
`;

const amount = (value: number): string => value.toLocaleString('en');
export const size = (bytes: number): string =>
  bytes < 1_024
    ? `${bytes} B`
    : bytes < 1_048_576
      ? `${(bytes / 1_024).toFixed(1)} KiB`
      : bytes < 1_073_741_824
        ? `${(bytes / 1_048_576).toFixed(1)} MiB`
        : `${(bytes / 1_073_741_824).toFixed(2)} GiB`;
const day = (time: string | null): string => time?.slice(0, 10) ?? 'none';

type Cell = string | number;
const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  if (rows.length === 0) return '<p class="none">None.</p>';
  const cell = (tag: string, value: Cell, number: boolean): string =>
    `<${tag}${number ? ' class="n"' : ''}>${escapeHtml(typeof value === 'number' ? amount(value) : value)}</${tag}>`;
  const numeric = head.map((_, index) => rows.every((row) => typeof row[index] === 'number'));
  return `<table><thead><tr>${head.map((value, index) => cell('th', value, numeric[index]!)).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((value, index) => cell('td', value, numeric[index]!)).join('')}</tr>`).join('')}</tbody></table>`;
};

/** Months that had no mail are shown as such, unless there are too many of them. */
const filled = (months: Statistics['byMonth']): Statistics['byMonth'] => {
  const [first, last] = [months[0]?.name, months.at(-1)?.name];
  if (first === undefined || last === undefined) return [];
  const known = new Map(months.map(({ name, messages }) => [name, messages]));
  const all: Statistics['byMonth'] = [];
  for (const at = new Date(`${first}-01T00:00:00Z`); all.length <= 240; at.setUTCMonth(at.getUTCMonth() + 1)) {
    const name = at.toISOString().slice(0, 7);
    all.push({ name, messages: known.get(name) ?? 0 });
    if (name === last) return all;
  }
  return months;
};

/** The statistics as a page that stands alone: no script, nothing loaded, all that came with mail escaped. */
export const reportHtml = (title: string, data: Statistics): string => {
  const { attachments, answers } = data;
  const cards: [string, string][] = [
    [amount(data.messages), 'messages'],
    [amount(data.threads), 'threads'],
    [amount(data.people), 'people'],
    [amount(attachments.files), 'attachments'],
    [size(data.bytes), 'of mail'],
    [amount(data.duplicates), 'copies'],
  ];
  const hours = (value: number | null): string =>
    value === null ? 'none' : value < 1 ? `${Math.round(value * 60)} min` : `${value.toFixed(1)} h`;
  const answeredIn = ({ answered, medianHours, p90Hours }: Statistics['answers']): string =>
    answered === 0
      ? 'No message answers one of somebody else that is here.'
      : `${amount(answered)} messages answer one of somebody else that is here; half of them within ${hours(medianHours)}, nine in ten within ${hours(p90Hours)}.`;
  const sections: [string, string][] = [
    ['By month', columns(filled(data.byMonth))],
    ['By weekday and hour, where the sender was', heat(data.byHour)],
    [
      'Who wrote most',
      bars(
        data.senders.map(({ address, name, sent }) => ({
          name: name === '' ? address : `${name} (${address})`,
          value: sent,
          shown: amount(sent),
        })),
      ),
    ],
    ['Domains', bars(data.domains.map(({ name, messages }) => ({ name, value: messages, shown: amount(messages) })))],
    [
      'Who wrote to whom',
      table(
        ['from', 'to', 'messages'],
        data.pairs.map(({ from, to, messages }) => [from, to, messages]),
      ),
    ],
    [
      'Answers',
      `<p>${answeredIn(answers)}</p>${table(
        ['fastest', 'answers', 'half of them within'],
        answers.fastest.map((one) => [one.address, one.answers, hours(one.medianHours)]),
      )}`,
    ],
    [
      'Longest threads',
      table(
        ['subject', 'messages', 'people', 'from', 'to'],
        data.longestThreads.map((one) => [
          one.subject || '(no subject)',
          one.messages,
          one.people,
          day(one.from),
          day(one.to),
        ]),
      ),
    ],
    [
      'Bursts',
      table(
        ['from', 'to', 'messages', 'expected'],
        data.bursts.map(({ from, to, messages, expected }) => [from, to, messages, expected]),
      ),
    ],
    [
      'Silences',
      table(
        ['from', 'to', 'days'],
        data.silences.map(({ from, to, days }) => [from, to, days]),
      ),
    ],
    [
      'Attachments by type',
      bars(
        attachments.types.map(({ name, messages, bytes }) => ({
          name,
          value: messages,
          shown: `${amount(messages)}, ${size(bytes)}`,
        })),
      ),
    ],
    [
      'Largest attachments',
      table(
        ['name', 'size', 'message'],
        attachments.largest.map(({ name, bytes, message }) => [name || '(no name)', size(bytes), message]),
      ),
    ],
    [
      'Sent several times',
      table(
        ['name', 'messages', 'SHA-256'],
        attachments.mostSent.map(({ name, messages, sha256 }) => [
          name || '(no name)',
          messages,
          `${sha256.slice(0, 16)}…`,
        ]),
      ),
    ],
    [
      'Categories',
      bars(data.categories.map(({ name, messages }) => ({ name, value: messages, shown: amount(messages) }))),
    ],
    [
      'Languages',
      bars(data.languages.map(({ name, messages }) => ({ name, value: messages, shown: amount(messages) }))),
    ],
    [
      'Folders',
      table(
        ['folder', 'messages'],
        data.folders.map(({ name, messages }) => [name, messages]),
      ),
    ],
    [
      'What receiving servers found',
      table(
        ['method', 'result', 'messages'],
        data.authentication.map(({ method, result, messages }) => [method, result, messages]),
      ),
    ],
    [
      'Recovered from broken mail',
      table(
        ['what', 'messages'],
        data.findings.map(({ name, messages }) => [name, messages]),
      ),
    ],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1><p class="soft">${day(data.first)} to ${day(data.last)}${data.undated === 0 ? '' : `; ${amount(data.undated)} without a date that can be`}. A message has ${amount(data.words.mean)} words on average, ${amount(data.words.own)} of them not quoted.</p>
<div class="cards">${cards.map(([value, what]) => `<div class="card"><b>${value}</b><span>${what}</span></div>`).join('')}</div>
${sections.map(([name, content]) => `<h2>${name}</h2>${content}`).join('\n')}
</body></html>
`;
};
