/**
 * Between what `n` draws of probability `p` stay, but for a probability of at most `alarm`: the exact tails of the binomial
 * distribution, half of it in each.
 */
export const binomialBounds = (n: number, p: number, alarm: number): [least: number, most: number] => {
  const ln: number[] = [0];
  for (let i = 1; i <= n; i++) ln.push(ln[i - 1]! + Math.log(i));
  const probability = (k: number): number =>
    Math.exp(ln[n]! - ln[k]! - ln[n - k]! + k * Math.log(p) + (n - k) * Math.log(1 - p));
  let least = 0;
  for (let tail = probability(0); tail < alarm / 2; tail += probability(least)) least++;
  let most = n;
  for (let tail = probability(n); tail < alarm / 2; tail += probability(most)) most--;
  return [least, most];
};
