import { chargeNames, type Invoice } from './invoice.ts';

/** A4, in points. */
const PAGE = { width: 595, height: 842, margin: 48 } as const;
const BOTTOM = PAGE.height - PAGE.margin - 34;
const ROW = 15;
const GREY = '#555555';

interface Column {
  title: string;
  x: number;
  width: number;
  right?: boolean;
}

const lineColumns: readonly Column[] = [
  { title: 'Service', x: 48, width: 142 },
  { title: 'Cost centre', x: 194, width: 84 },
  { title: 'Charge', x: 282, width: 66 },
  { title: 'Quantity', x: 350, width: 108, right: true },
  { title: 'USD', x: 462, width: 85, right: true },
];
const centreColumns: readonly Column[] = [
  { title: 'Cost centre', x: 48, width: 300 },
  { title: 'USD', x: 402, width: 145, right: true },
];

/** An invoice as a PDF. The same invoice gives the same bytes. */
export const invoicePdf = async (invoice: Invoice): Promise<Buffer> => {
  const { default: PdfDocument } = await import('pdfkit');
  const issued = new Date(invoice.issued);
  const pdf = new PdfDocument({
    size: 'A4',
    margin: PAGE.margin,
    bufferPages: true,
    info: {
      Title: `Invoice ${invoice.number}`,
      Author: invoice.issuer,
      CreationDate: issued,
      ModDate: issued,
    },
  });
  const parts: Buffer[] = [];
  pdf.on('data', (part) => parts.push(part));
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });

  let y: number = PAGE.margin;
  const put = (text: string, { x, width, right }: Omit<Column, 'title'>, size = 9): void => {
    pdf.fontSize(size);
    let shown = text;
    // Numbers are never cut: their columns have room for all digits that there may be.
    while (!right && pdf.widthOfString(shown) > width) shown = `${shown.slice(0, -2)}…`;
    pdf.text(shown, x, y, { width, align: right ? 'right' : 'left', lineBreak: false });
  };
  const rule = (): void => {
    pdf
      .moveTo(PAGE.margin, y - 4)
      .lineTo(PAGE.width - PAGE.margin, y - 4)
      .lineWidth(0.5)
      .strokeColor('#bbbbbb')
      .stroke();
  };
  const head = (columns: readonly Column[]): void => {
    pdf.font('Helvetica-Bold').fillColor('black');
    for (const column of columns) put(column.title, column);
    pdf.font('Helvetica');
    y += ROW;
    rule();
  };
  const row = (columns: readonly Column[], texts: readonly string[]): void => {
    if (y > BOTTOM) {
      pdf.addPage();
      y = PAGE.margin;
      head(columns);
    }
    for (const [at, column] of columns.entries()) put(texts[at]!, column, 8.5);
    y += ROW;
  };

  const whole = { x: PAGE.margin, width: PAGE.width - 2 * PAGE.margin };
  pdf.font('Helvetica-Bold');
  put(`Invoice ${invoice.number}`, whole, 20);
  y += 32;
  pdf.font('Helvetica');
  const facts = [
    ['From', invoice.issuer],
    ['To account', invoice.account],
    ['Month', `${invoice.month} (UTC)`],
    ['Issued', invoice.issued],
    ['Calls', String(invoice.calls)],
    ['Id', invoice.id],
  ] as const;
  for (const [name, value] of facts) {
    pdf.fillColor(GREY);
    put(name, { x: PAGE.margin, width: 80 });
    pdf.fillColor('black');
    put(value, { x: PAGE.margin + 84, width: 400 });
    y += ROW;
  }
  y += ROW;
  head(lineColumns);
  for (const { service, costCentre, kind, quantity, unit, usd } of invoice.lines)
    row(lineColumns, [service, costCentre || '-', chargeNames[kind], `${quantity} ${unit}`.trim(), usd]);
  rule();
  y += 4;
  pdf.font('Helvetica-Bold');
  row(lineColumns, ['Total', '', '', '', invoice.total]);
  y += ROW;
  if (y + 3 * ROW > BOTTOM) {
    pdf.addPage();
    y = PAGE.margin;
  }
  head(centreColumns);
  for (const { costCentre, usd } of invoice.costCentres) row(centreColumns, [costCentre || 'none', usd]);
  y += ROW;
  pdf.fillColor(GREY);
  put('Amounts are exact, to the picodollar: the sum of what the receipts of these calls say.', whole, 8);

  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page);
    y = PAGE.height - PAGE.margin - 12;
    put(`${invoice.number}, page ${page + 1} of ${count}`, { ...whole, right: true }, 8);
  }
  pdf.end();
  await done;
  return Buffer.concat(parts);
};
