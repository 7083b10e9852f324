/** What a validation may still spend; one step is about one look at one value. */
export class Fuel {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** @throws OutOfFuel */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OutOfFuel();
  }
}

export class OutOfFuel extends Error {}

const BASE = 100_000;
const PER_VALUE = 200;
const MAX = 20_000_000;

/** Steps granted for a value of so many parts: linear, so that no schema can make a small value dear. */
export const fuelFor = (parts: number): number => Math.min(BASE + PER_VALUE * parts, MAX);

/** How many values a JSON value consists of, itself included. Does not recurse. */
export const countParts = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 1;
  let parts = 0;
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    parts++;
    for (const member of Array.isArray(next) ? next : Object.values(next))
      if (typeof member === 'object' && member !== null) open.push(member);
      else parts++;
  }
  return parts;
};
