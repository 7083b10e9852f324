export interface MailDate {
  /** Milliseconds since 1970. */
  time: number;
  /** Minutes east of Greenwich, as the sender wrote. */
  offset: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** RFC 5322 §4.3; single letters were defined wrongly and mean nothing. */
const ZONES: Readonly<Record<string, number>> = {
  ut: 0,
  gmt: 0,
  utc: 0,
  z: 0,
  edt: -240,
  est: -300,
  cdt: -300,
  cst: -360,
  mdt: -360,
  mst: -420,
  pdt: -420,
  pst: -480,
  bst: 60,
  cet: 60,
  met: 60,
  cest: 120,
  mest: 120,
  eet: 120,
  eest: 180,
  msk: 180,
  jst: 540,
};
const DATE =
  /^(?:[a-z]+\.?,?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s,-]+(\d{2,4})[\s,]+(\d{1,2})\s*[:.]\s*(\d{1,2})(?:\s*[:.]\s*(\d{1,2})(?:[.,]\d+)?)?\s*([ap]m\b)?\s*(.*)$/i;
/** `Mon Nov 23 10:00:00 2026`, as ctime writes. */
const CTIME =
  /^(?:[a-z]{3}[a-z]*,?\s+)?([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([a-z]{1,5}|[+-]\d{4})\s+)?(\d{4})(?:\s+(.*))?$/i;
const ZONE = /^\(?(?:gmt|utc|ut)?\s*([+-])\s*(\d{1,2}):?(\d{2})?/i;

/** A `Date` field (RFC 5322 §3.3, §4.3), or what mailers wrote instead of one; undefined where it is no date. */
export const parseDate = (field: string): MailDate | undefined => {
  let text = field.replace(/\s+/g, ' ').trim();
  if (text === '') return undefined;
  if (text.includes('(')) text = text.replace(/\s*\([^)]*\)?(?!$)/g, ' ').trim();
  const match = DATE.exec(text);
  if (match !== null) {
    const [, day, month, year, hour, minute, second, half, zone] = match;
    return made(year!, month!, day!, twelve(hour!, half), minute!, second, zone!);
  }
  const ctime = CTIME.exec(text);
  if (ctime !== null) {
    const [, month, day, hour, minute, second, zone, year, after] = ctime;
    return made(year!, month!, day!, Number(hour), minute!, second, zone ?? after ?? '');
  }
  const time = /\d{4}/.test(text)
    ? Date.parse(/[zZ]$|[+-]\d{2}:?\d{2}$|gmt|utc/i.test(text) ? text : `${text}Z`)
    : Number.NaN;
  if (Number.isNaN(time)) return undefined;
  const iso = /([+-])(\d{2}):?(\d{2})$/.exec(text);
  const offset = iso === null ? 0 : Number(`${iso[1]}1`) * (Number(iso[2]) * 60 + Number(iso[3]));
  return { time, offset };
};

const twelve = (hour: string, half: string | undefined): number => {
  if (half === undefined) return Number(hour);
  return (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
};

const made = (
  year: string,
  month: string,
  day: string,
  hour: number,
  minute: string,
  second: string | undefined,
  zone: string,
): MailDate | undefined => {
  const index = MONTHS.indexOf(month.toLowerCase());
  // RFC 5322 §4.3: 00 to 49 are of this century, other short ones count from 1900.
  let full = Number(year);
  if (year.length === 2) full += full < 50 ? 2000 : 1900;
  else if (year.length === 3) full += 1900;
  const date = Number(day);
  if (index < 0 || date < 1 || date > 31 || hour > 24 || Number(minute) > 59 || Number(second ?? 0) > 60)
    return undefined;
  const offset = offsetOf(zone);
  const time = Date.UTC(full, index, date, hour, Number(minute), Number(second ?? 0)) - offset * 60_000;
  return { time, offset };
};

const offsetOf = (zone: string): number => {
  const numeric = ZONE.exec(zone);
  if (numeric !== null) {
    const [, sign, hours, minutes = '0'] = numeric;
    const total = Number(hours) * 60 + Number(minutes);
    return total > 24 * 60 ? 0 : sign === '-' ? -total : total;
  }
  return ZONES[/^[a-z]+/i.exec(zone)?.[0].toLowerCase() ?? ''] ?? 0;
};
