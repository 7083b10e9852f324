/**
 * An error that says that the input is wrong: whoever calls is told, as `invalid-input` (docs/node.md).
 *
 * @param path members and places of the input that it is about
 */
export const refused = (message: string, ...path: readonly (string | number)[]): Error =>
  Object.assign(new Error(message), { [Symbol.for('crank.invalid-input')]: path });
