/** SHA-256 (FIPS 180-4): 32 bytes. */
export const sha256 = async (data: Uint8Array): Promise<Uint8Array> =>
  // WebCrypto's types leave out shared memory, which no caller hands in.
  new Uint8Array(await crypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>));
