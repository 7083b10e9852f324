import { writeFileSync } from 'node:fs';
import { receiptVectors } from './receipt-vectors.ts';

// Run by hand after a deliberate change of the receipt format: node packages/crank/test/audit/write-vectors.ts
writeFileSync(
  new URL('../../../../vectors/receipt/receipts.json', import.meta.url),
  `${JSON.stringify(await receiptVectors(), null, 2)}\n`,
);
