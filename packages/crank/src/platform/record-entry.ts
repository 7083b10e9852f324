import type { CallRow, ChargeRow, EgressRow, IdempotencyRow, KeptRow, UsageRow } from '#src/store/schema.ts';

/** Salts that open the commitments of a receipt, base64; never in the log, so that they can be erased. */
export interface Openings {
  subject: string;
  input?: string;
}

/** What the recorder turns into one receipt, and the rows that are written with it. Passed between threads by structured clone. */
export interface RecordEntry {
  /** Id of the receipt: the call's id, the act's id, or of a stream's opening. */
  id: string;
  kind: 'call' | 'opening' | 'act';
  account: string;
  principal: string;
  /** What is signed: canonical JSON (`receiptStatement`). */
  statement: string;
  /** Salts to store; those of calls are derived from their subject's key instead (`subjects.ts`). */
  openings?: Openings;
  /** Id of the key of the subject that the call named. */
  subject?: string;
  rows?: {
    call: CallRow;
    usage: UsageRow;
    charges: ChargeRow[];
    egress: EgressRow[];
    kept?: KeptRow[];
    idempotency?: IdempotencyRow;
  };
  queries?: { sql: string; parameters: readonly unknown[] }[];
}

/** Where a committed receipt stands. */
export interface Committed {
  index: number;
  /** Size of the log under the signed checkpoint that covers it. */
  size: number;
}
