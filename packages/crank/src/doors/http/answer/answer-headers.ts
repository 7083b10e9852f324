import type { CallAnswer } from '#src/platform/call-answer.ts';

/** Headers that name a call: its id, receipt and version. */
export const callHeaders = ({ id, version }: { id: string; version: string }): Record<string, string> => ({
  'crank-call': id,
  'crank-receipt': `/v1/receipts/${id}`,
  'crank-version': version,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});

/** One entry per step (W3C Server Timing), milliseconds. */
export const serverTiming = (timing: CallAnswer['timing']): string => {
  let text = '';
  for (const [step, ms] of timing) text += `${text === '' ? '' : ', '}${step};dur=${ms.toFixed(2)}`;
  return text;
};
