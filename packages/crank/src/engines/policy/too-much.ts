/** A built-in was asked for more than it makes at once. That is our bound, not Rego's: what depends on it is not decided, so that it is denied. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch';
}
