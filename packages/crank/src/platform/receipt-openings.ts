import { saltDigest } from '#src/engines/audit/commitment.ts';
import type { ReceiptRow } from '#src/store/schema.ts';
import type { Platform } from './platform.ts';
import { payloadOf } from './receipt-payload.ts';
import type { Openings } from './record-entry.ts';

/**
 * The salts of a receipt: of an act as stored, of a call derived from its subject's key. None once that was erased, also
 * where the subject has come back since and has a new one.
 */
export const openingsOf = async (
  platform: Pick<Platform, 'subjects'>,
  row: Pick<ReceiptRow, 'id' | 'kind' | 'account' | 'principal' | 'subject' | 'envelope' | 'openings'>,
): Promise<Partial<Openings>> => {
  if (row.openings !== null) return JSON.parse(row.openings) as Openings;
  if (row.kind === 'act') return {};
  const key = await platform.subjects.keyOf(row);
  if (key === undefined) return {};
  const { call, salts } = payloadOf(row.envelope).predicate as { call: string; salts: { subject: string } };
  const { subject } = key.salts(row.id);
  if (saltDigest(subject) !== salts.subject) return {};
  // A stream's opening speaks of the same input as the call.
  return { subject: subject.toString('base64'), input: key.salts(call).input.toString('base64') };
};
