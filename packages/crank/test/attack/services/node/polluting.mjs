// What libraries do to built-in objects, by accident or not, before their functions are called.
Object.prototype.toJSON = () => 'polluted';
Object.prototype.kind = 'context';
Object.prototype.codec = 'date';
Object.prototype.at = 7;
Array.prototype.toJSON = () => 'polluted';
Array.prototype[Symbol.iterator] = function* () {};
JSON.stringify = () => '"forged"';
JSON.parse = () => ({});
Buffer.from = () => Buffer.alloc(1);
Buffer.concat = () => Buffer.alloc(1);
// biome-ignore lint/suspicious/noThenProperty: that is what it does
Promise.prototype.then = () => {};

export const value = () => ({ a: 1 });
