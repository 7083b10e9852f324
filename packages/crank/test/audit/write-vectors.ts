import { writeFileSync } from 'node:fs';
import { receiptVectors } from './receipt-vectors.ts';
import { trustVectors } from './trust-vectors.ts';

// Run by hand after a deliberate change of the receipt format: node packages/crank/test/audit/write-vectors.ts
const write = (name: string, content: unknown): void =>
  writeFileSync(
    new URL(`../../../../vectors/receipt/${name}.json`, import.meta.url),
    `${JSON.stringify(content, null, 2)}\n`,
  );
write('receipts', await receiptVectors());
write('trust', await trustVectors());
