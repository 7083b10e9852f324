import { CrankError } from '#src/core/error.ts';
import type { CanaryWish } from '#src/platform/canary.ts';
import { type ChosenBy, choices, WHOLE } from '#src/platform/draw.ts';

const wrong = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });

/** A canary's share as it is written: `10%`, or 0.1. In ten-thousandths. @throws CrankError `invalid-input` */
const readShare = (value: unknown): number => {
  const text = typeof value === 'string' ? /^(\d{1,2}(?:\.\d{1,2})?)%$/.exec(value)?.[1] : undefined;
  const share = Math.round(
    typeof value === 'number' ? value * WHOLE : text === undefined ? 0 : Number(text) * (WHOLE / 100),
  );
  if (share > 0 && share < WHOLE) return share;
  throw wrong('share', 'must be a share of the calls above 0 and below all, such as 0.1 or "10%"');
};

/** @throws CrankError `invalid-input` */
export const readCanaryWish = (body: Readonly<Record<string, unknown>>): CanaryWish => {
  const { by, autoAbort } = body;
  if (by !== undefined && !choices.includes(by as ChosenBy)) throw wrong('by', `must be one of ${choices.join(', ')}`);
  if (autoAbort !== undefined && typeof autoAbort !== 'boolean') throw wrong('autoAbort', 'must be true or false');
  return { share: readShare(body['share']), chosenBy: by as ChosenBy | undefined, autoAbort };
};
