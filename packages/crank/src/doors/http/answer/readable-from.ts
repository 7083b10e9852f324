import { Readable } from 'node:stream';

/** A body of parts that are made as it is read. What is wrong with the request shows before the first: then it is thrown, and can still be answered as such. */
export const readableFrom = async (parts: AsyncGenerator<string | Uint8Array>): Promise<Readable> => {
  const first = await parts.next();
  const all = async function* () {
    if (!first.done) yield first.value;
    yield* parts;
  };
  return Readable.from(all());
};
