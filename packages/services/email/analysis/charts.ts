/** Charts as SVG that needs nothing else: colours come from the page's style, every mark has its figure as a title. */
export const escapeHtml = (text: string): string =>
  text
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
    .replace(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');

const WIDTH = 720;

/** Columns over time: `name` below the first, the last and some between. */
export const columns = (bars: readonly { name: string; messages: number }[], height = 180): string => {
  if (bars.length === 0) return '';
  const most = Math.max(...bars.map(({ messages }) => messages), 1);
  const [left, bottom] = [44, 24];
  const step = (WIDTH - left) / bars.length;
  const width = Math.max(1, Math.min(step * 0.8, 48));
  const y = (value: number): number => 8 + (height - bottom - 8) * (1 - value / most);
  const lines = [...new Set([0, Math.round(most / 2), most])].map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${WIDTH}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value}</text>`,
  );
  const every = Math.ceil(bars.length / 10);
  const marks = bars.map(({ name, messages }, index) => {
    const x = left + index * step + (step - width) / 2;
    const label =
      index % every === 0
        ? `<text x="${(x + width / 2).toFixed(1)}" y="${height - 6}" text-anchor="middle">${escapeHtml(name)}</text>`
        : '';
    return `<rect class="bar" x="${x.toFixed(1)}" y="${y(messages).toFixed(1)}" width="${width.toFixed(1)}" height="${(height - bottom - y(messages)).toFixed(1)}" rx="2"><title>${escapeHtml(name)}: ${messages}</title></rect>${label}`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${lines.join('')}${marks.join('')}</svg>`;
};

/** Bars with names beside them, longest first. */
export const bars = (rows: readonly { name: string; value: number; shown?: string }[]): string => {
  if (rows.length === 0) return '<p class="none">None.</p>';
  const most = Math.max(...rows.map(({ value }) => value), 1);
  const [line, left, right] = [24, 270, 70];
  const marks = rows.map(({ name, value, shown = String(value) }, index) => {
    const y = index * line;
    const width = Math.max(2, ((WIDTH - left - right) * value) / most);
    const short = [...name].length > 38 ? `${[...name].slice(0, 37).join('')}…` : name;
    return `<text x="${left - 8}" y="${y + 16}" text-anchor="end">${escapeHtml(short)}</text><rect class="bar" x="${left}" y="${y + 4}" width="${width.toFixed(1)}" height="16" rx="2"><title>${escapeHtml(name)}: ${escapeHtml(shown)}</title></rect><text x="${(left + width + 6).toFixed(1)}" y="${y + 16}">${escapeHtml(shown)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${rows.length * line}" role="img">${marks.join('')}</svg>`;
};

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Weekdays by hours, darker where more was written. */
export const heat = (rows: readonly (readonly number[])[]): string => {
  const most = Math.max(...rows.flat(), 1);
  const [left, size] = [44, (WIDTH - 44) / 24];
  const cells = rows.flatMap((row, day) =>
    row.map(
      (value, hour) =>
        `<rect class="heat" x="${(left + hour * size).toFixed(1)}" y="${day * 24}" width="${(size - 2).toFixed(1)}" height="22" rx="2" style="opacity:${(0.06 + (0.94 * value) / most).toFixed(2)}"><title>${WEEKDAYS[day]} ${hour}:00: ${value}</title></rect>`,
    ),
  );
  const names = WEEKDAYS.map(
    (name, day) => `<text x="${left - 6}" y="${day * 24 + 16}" text-anchor="end">${name}</text>`,
  );
  const hours = [0, 6, 12, 18].map((hour) => `<text x="${(left + hour * size).toFixed(1)}" y="184">${hour}:00</text>`);
  return `<svg viewBox="0 0 ${WIDTH} 190" role="img">${cells.join('')}${names.join('')}${hours.join('')}</svg>`;
};
