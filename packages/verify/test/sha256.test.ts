import { expect, it } from 'vitest';
import { sha256, sha256Now } from '../src/sha256.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it("SHA-256 gives the standard's own examples (FIPS 180-4)", () => {
  const examples = {
    '': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  };
  for (const [text, digest] of Object.entries(examples)) expect(hex(sha256Now(Buffer.from(text)))).toBe(digest);
});

it('SHA-256 agrees with WebCrypto at every length up to some blocks, and where it hands over to it', async () => {
  const bytes = new Uint8Array(20_000).map((_, i) => (i * 151) ^ (i >> 8));
  for (const length of [...Array(300).keys(), 4_095, 4_096, 16_383, 16_384, 16_385, 20_000]) {
    const some = bytes.subarray(0, length);
    const expected = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', some)));
    expect(hex(sha256Now(some)), `${length} bytes`).toBe(expected);
    expect(hex(await sha256(some))).toBe(expected);
  }
});
