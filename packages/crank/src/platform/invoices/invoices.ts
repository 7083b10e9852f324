import { canonicalJson } from '#src/core/canonical-json.ts';
import { formatDecimal } from '#src/core/decimal.ts';
import { digest } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { formatUsd } from '#src/core/money.ts';
import type { Invoice, InvoiceLine } from '#src/engines/metering/invoice.ts';
import { type ChargeKind, chargeKinds } from '#src/engines/metering/price.ts';
import type { InvoiceRow } from '#src/store/schema-invoices.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { sumAll } from '../usage/sum-all.ts';
import { type Amount, sumUsage, type UsageSum } from '../usage/usage-query.ts';
import { chargesOf, totalOf } from '../usage/usage-view.ts';

export { type Invoice, invoiceCsv } from '#src/engines/metering/invoice.ts';

/** An invoice as a PDF: the same one gives the same bytes. What draws it is loaded now. */
export const drawInvoice = async (invoice: Invoice): Promise<Buffer> => {
  const { invoicePdf } = await import('#src/engines/metering/invoice-pdf.ts');
  return invoicePdf(invoice);
};

/** Calls that ended within a month are committed by so long after it. */
const SETTLED_MS = 600_000;
const MOST_LINES = 10_000;
const NUMBER_DIGITS = 6;

export type InvoiceInfo = Omit<Invoice, 'lines' | 'costCentres'>;

/** What each kind of charge counts. */
const quantities: Readonly<Record<ChargeKind, { amount: Amount; digits: number; unit: string } | undefined>> = {
  call: { amount: 'calls', digits: 0, unit: 'calls' },
  cpu: { amount: 'cpu_ns', digits: 9, unit: 's' },
  energy: { amount: 'nanojoules', digits: 9, unit: 'J' },
  carbon: { amount: 'picograms', digits: 12, unit: 'g' },
  request: { amount: 'calls', digits: 0, unit: 'calls' },
  memory: { amount: 'byte_seconds', digits: 9, unit: 'GB s' },
  input: { amount: 'input_bytes', digits: 9, unit: 'GB' },
  output: { amount: 'output_bytes', digits: 9, unit: 'GB' },
  page: { amount: 'pages', digits: 0, unit: 'pages' },
  token: { amount: 'tokens', digits: 0, unit: 'tokens' },
  discount: undefined,
};

/**
 * Owners make the invoice of a month that is over: what the account's principals called, from the sums of the receipts. Numbers have no
 * gaps, since one is taken by the commit that writes its invoice.
 *
 * @param month `2026-11`, UTC
 * @throws CrankError `invalid-input` for a month that is not over; `version-conflict` where it has its invoice
 */
export const makeInvoice = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<string>,
): Promise<Invoice & { receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'invoice.make', { type: 'invoice', account });
  const month = await read();
  const { start, end } = monthIn(month);
  await sumAll(platform.store);
  const period = { start, end, limit: MOST_LINES + 1 };
  const sums = await sumUsage(
    platform.store.db,
    { payer: account },
    ['service-account', 'service', 'cost-centre'],
    period,
  );
  if (sums.length > MOST_LINES)
    throw new CrankError(
      'too-large',
      `The month has more than ${MOST_LINES} services and cost centres: no page has room for them.`,
    );
  const total = sums.reduce((sum, { amounts }) => sum + totalOf(amounts), 0n);
  const made = await inTurn(account, async () => {
    const row: InvoiceRow = {
      ...{ id: newId('inv'), account, number: await nextNumber(platform, account, month), month },
      lines: canonicalJson(sums.flatMap(linesOf)),
      pico_usd: total.toString(),
      calls: Number(sums.reduce((sum, { amounts }) => sum + amounts.calls, 0n)),
      ...{ issued_at: Date.now(), issued_by: principal.id },
    };
    const query = platform.store.db.insertInto('invoices').values(row).compile();
    const object = {
      ...{ invoice: row.id, number: numberText(row), month, total: formatUsd(total), calls: row.calls },
      lines: digest(row.lines),
    };
    return { row, receipt: await act(platform, principal, 'invoice.make', object, [query]) };
  });
  return { ...invoiceIn(platform, made.row), receipt: made.receipt };
};

/** The account's invoices, newest first. */
export const listInvoices = async (platform: Platform, authorization: string | undefined): Promise<InvoiceInfo[]> => {
  const { account } = await reader(platform, authorization);
  const rows = await platform.store.db
    .selectFrom('invoices')
    .selectAll()
    .where('account', '=', account)
    .orderBy('number', 'desc')
    .execute();
  return rows.map((row) => {
    const { lines, costCentres, ...info } = invoiceIn(platform, row);
    return info;
  });
};

/** @throws CrankError `not-found` */
export const getInvoice = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<Invoice> => {
  const { account } = await reader(platform, authorization);
  const row = await platform.store.db
    .selectFrom('invoices')
    .selectAll()
    .where('account', '=', account)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined)
    throw new CrankError('not-found', `There is no invoice ${id.slice(0, 80)} of ${account}: \`crank invoice list\`.`);
  return invoiceIn(platform, row);
};

const reader = async (platform: Platform, authorization: string | undefined) => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'invoice.read', { type: 'invoice', account: principal.account });
  return principal;
};

/** One after the other within an account. Where another node took the number first, the commit failed, and the next one is taken. */
const turns = new Map<string, Promise<unknown>>();
const inTurn = async <T>(account: string, make: () => Promise<T>): Promise<T> => {
  const before = turns.get(account) ?? Promise.resolve();
  const made = before.then(() => retried(make));
  const settled = made.catch(() => undefined);
  turns.set(account, settled);
  try {
    return await made;
  } finally {
    if (turns.get(account) === settled) turns.delete(account);
  }
};

const ATTEMPTS = 3;
const retried = async <T>(make: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await make();
    } catch (error) {
      if (error instanceof CrankError || attempt === ATTEMPTS) throw error;
    }
  }
};

const nextNumber = async (platform: Platform, account: string, month: string): Promise<number> => {
  const rows = await platform.store.db
    .selectFrom('invoices')
    .select(['id', 'month', 'number'])
    .where('account', '=', account)
    .execute();
  const twin = rows.find((row) => row.month === month);
  if (twin !== undefined)
    throw new CrankError('version-conflict', `${month} has its invoice, ${twin.id}: what is over does not change.`);
  return rows.reduce((most, row) => Math.max(most, row.number), 0) + 1;
};

const monthIn = (text: string): { start: number; end: number } => {
  const parts = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  const wrong = (message: string): CrankError =>
    new CrankError('invalid-input', `The member "month" ${message}.`, { errors: [{ pointer: '/month', message }] });
  if (parts === null || Number(parts[1]) < 1970) throw wrong('must be a month, such as 2026-10');
  const [year, month] = [Number(parts[1]), Number(parts[2]) - 1];
  const end = Date.UTC(year, month + 1);
  const ready = end + SETTLED_MS;
  if (Date.now() < ready)
    throw wrong(
      `is not over: an invoice can be made from ${new Date(ready).toISOString()} on. \`crank usage\` has it until then`,
    );
  return { start: Date.UTC(year, month), end };
};

const linesOf = ({ key, amounts }: UsageSum): InvoiceLine[] => {
  const [serviceAccount, service, costCentre] = key;
  const charges = chargesOf(amounts);
  return chargeKinds
    .filter((kind) => charges[kind] !== 0n)
    .map((kind): InvoiceLine => {
      const counted = quantities[kind];
      return {
        ...{ service: `${serviceAccount}/${service}`, costCentre: costCentre!, kind },
        quantity: counted === undefined ? '' : formatDecimal(amounts[counted.amount], counted.digits),
        ...{ unit: counted?.unit ?? '', usd: formatUsd(charges[kind]) },
      };
    });
};

const numberText = ({ account, number: nth }: Pick<InvoiceRow, 'account' | 'number'>): string =>
  `${account}-${String(nth).padStart(NUMBER_DIGITS, '0')}`;

const PICO_DIGITS = 12;
const picoOf = (usd: string): bigint => {
  const [whole, fraction = ''] = usd.split('.');
  return BigInt(whole! + fraction.padEnd(PICO_DIGITS, '0'));
};

const invoiceIn = (platform: Platform, row: InvoiceRow): Invoice => {
  const lines = JSON.parse(row.lines) as InvoiceLine[];
  const centres = new Map<string, bigint>();
  for (const { costCentre, usd } of lines) centres.set(costCentre, (centres.get(costCentre) ?? 0n) + picoOf(usd));
  return {
    ...{ id: row.id, number: numberText(row), issuer: platform.node, account: row.account, month: row.month },
    ...{ issued: new Date(row.issued_at).toISOString(), currency: 'USD', calls: row.calls, lines },
    costCentres: [...centres].sort().map(([costCentre, pico]) => ({ costCentre, usd: formatUsd(pico) })),
    total: formatUsd(BigInt(row.pico_usd)),
  };
};
