/** Text in UTF-7 (RFC 2152): `+` begins UTF-16 in base64, `+-` is a plus sign. */
export const decodeUtf7 = (text: string): string =>
  text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_, coded: string) => {
    if (coded === '') return '+';
    const bytes = Buffer.from(coded, 'base64');
    let out = '';
    for (let at = 0; at + 1 < bytes.length; at += 2) out += String.fromCharCode(bytes.readUInt16BE(at));
    return out.toWellFormed();
  });
