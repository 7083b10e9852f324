import { jsonText } from '../parts/json.tsx';

const AT = 'crank.rerun';

/** Keeps the arguments that somebody gave last in this tab: nothing else does, and the form is opened with them again. */
export const keepRerun = (service: string, operation: string, args: Record<string, unknown>): void =>
  sessionStorage.setItem(AT, jsonText({ service, operation, args }));

/** Arguments that were kept for it. */
export const takeRerun = (service: string, operation: string): Record<string, unknown> | undefined => {
  const kept = JSON.parse(sessionStorage.getItem(AT) ?? 'null') as Record<string, unknown> | null;
  return kept?.['service'] === service && kept['operation'] === operation
    ? (kept['args'] as Record<string, unknown>)
    : undefined;
};
