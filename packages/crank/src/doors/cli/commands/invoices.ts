import { writeFile } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import type { Invoice, InvoiceInfo } from '#src/platform/invoices/invoices.ts';
import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { table } from '../table.ts';

export const makeInvoice: Command = {
  name: 'invoice make',
  summary: 'the invoice of a month that is over',
  args: [['<month>', 'such as 2026-10 (UTC)']],
  run: async ({ client, print }, [month]) => {
    const made = await client.json<Invoice & { receipt: string }>('/v1/invoices', { method: 'POST', json: { month } });
    print(made, `${made.id}: ${made.number}, ${made.total} USD for ${made.calls} calls; receipt ${made.receipt}`);
  },
};

export const listInvoices: Command = {
  name: 'invoice list',
  summary: 'invoices of the account',
  run: async ({ client, print }) => {
    const { invoices } = await client.json<{ invoices: InvoiceInfo[] }>('/v1/invoices');
    print(invoices, () =>
      invoices.length === 0
        ? 'No invoices: `crank invoice make MONTH` makes one.'
        : table(
            ['ID', 'NUMBER', 'MONTH', 'CALLS', 'USD'],
            invoices.map(({ id, number, month, calls, total }) => [id, number, month, String(calls), total]),
          ),
    );
  },
};

export const getInvoice: Command = {
  name: 'invoice get',
  summary: 'one invoice, as PDF or CSV',
  args: [['<id>', 'invoice']],
  options: [
    { flags: '--format <format>', help: 'pdf, csv or json (default)' },
    { flags: '-o, --output <file>', help: 'where it goes; otherwise to stdout' },
  ],
  run: async (context, [id], options) => {
    const format = one(options, 'format') ?? 'json';
    const output = one(options, 'output');
    if (format === 'pdf' && output === undefined && process.stdout.isTTY)
      throw new CrankError('invalid-input', 'A PDF is nothing for a terminal: give -o FILE.');
    const answer = await context.client.send(`/v1/invoices/${encodeURIComponent(id!)}`, { query: { format } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (output === undefined)
      return context.write(format === 'json' ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes);
    await writeFile(output, bytes);
    context.print({ output, bytes: bytes.length }, `${output}: ${bytes.length} bytes`);
  },
};
