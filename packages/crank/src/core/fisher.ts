/** ln(n!), exact by summing below 256 and by Stirling's series above (relative error below 1e-15). */
const table: number[] = [0];
for (let n = 1; n < 256; n++) table.push(table[n - 1]! + Math.log(n));
const lnFactorial = (n: number): number =>
  n < 256
    ? table[n]!
    : n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);

const lnChoose = (n: number, k: number): number => lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);

/**
 * Fisher's exact test, one-sided: how probable it is, were both equally good, that of all failures so many or more fall
 * among the calls of the first group.
 */
export const fisherWorse = (
  first: { calls: number; failures: number },
  second: { calls: number; failures: number },
): number => {
  const calls = first.calls + second.calls;
  const failures = first.failures + second.failures;
  const whole = lnChoose(calls, failures);
  const most = Math.min(first.calls, failures);
  let sum = 0;
  for (let k = first.failures; k <= most; k++) {
    const term = Math.exp(lnChoose(first.calls, k) + lnChoose(second.calls, failures - k) - whole);
    sum += term;
    // Beyond the peak the terms only get smaller.
    if (term < sum * 1e-12 && k > (failures * first.calls) / calls) break;
  }
  return Math.min(sum, 1);
};
