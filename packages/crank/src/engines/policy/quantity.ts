const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/**
 * The number that a Kubernetes quantity stands for: `4Gi` is 4294967296, `2000m` is 2, a number stands for itself.
 * Undefined where it is none, negative, or beyond 2^53. (kubernetes.io, "Quantity"; without exponents)
 */
export const parseQuantity = (quantity: unknown): number | undefined => {
  const text = typeof quantity === 'number' ? String(quantity) : quantity;
  if (typeof text !== 'string') return undefined;
  const match = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]{0,2})$/.exec(text);
  const factor = match && Object.hasOwn(FACTORS, match[2]!) ? FACTORS[match[2]!] : undefined;
  if (factor === undefined) return undefined;
  const value = match![2] === 'm' ? Number(match![1]) / 1000 : Number(match![1]) * factor;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
};
