import { decodeWords } from './encoded-words.ts';

/** What a mail server reports about a message: that it could not be delivered, was displayed, or was complained about. */
export interface DeliveryReport {
  kind: 'delivery' | 'disposition' | 'feedback';
  /** By recipient, where there are such (RFC 3464 §2.3): `failed`, `delayed`, `delivered`, ... with the status of RFC 3463. */
  recipients: { address: string; action: string; status: string; diagnostic: string }[];
  /** All other fields, as `Name: value`. */
  fields: string[];
}

const MOST = 1_000;

/** Reads `message/delivery-status` (RFC 3464), `message/disposition-notification` (RFC 8098) and `message/feedback-report` (RFC 5965). */
export const readReport = (type: string, text: string): DeliveryReport => {
  const kind = type.includes('feedback') ? 'feedback' : type.includes('disposition') ? 'disposition' : 'delivery';
  const report: DeliveryReport = { kind, recipients: [], fields: [] };
  for (const block of text
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]+/g, ' ')
    .split(/\n{2,}/)) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) fields.set(line.slice(0, colon).trim(), decodeWords(line.slice(colon + 1).trim()));
    }
    const of = (name: string): string => [...fields].find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
    const bare = (value: string): string => value.replace(/^[\w-]+;\s*/, '').replace(/^<|>$/g, '');
    const recipient = bare(of('final-recipient') || of('original-recipient'));
    if (kind === 'delivery' && recipient !== '') {
      if (report.recipients.length < MOST)
        report.recipients.push({
          address: recipient,
          action: of('action').toLowerCase(),
          status: of('status').split(' ')[0]!,
          diagnostic: bare(of('diagnostic-code')),
        });
    } else if (report.fields.length < MOST)
      report.fields.push(...[...fields].map(([name, value]) => `${name}: ${value}`));
  }
  return report;
};
