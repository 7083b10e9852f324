const MARK: unique symbol = Symbol.for('crank.invalid-input');

/** What was asked for cannot be: callers get `invalid-input`, with the place in their input (docs/node.md). */
export class WrongInput extends Error {
  override readonly name: string = 'WrongInput';
  readonly [MARK]: readonly (string | number)[];

  constructor(message: string, ...path: readonly (string | number)[]) {
    super(message);
    this[MARK] = path;
  }
}
