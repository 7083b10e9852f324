import { describe, expect, it } from 'vitest';
import { allTypes, detect, typeNames } from '#src/engines/privacy/detect.ts';
import { nationalIds } from '#src/engines/privacy/ids/national-ids.ts';
import { publishedIds } from './published-ids.ts';

/** What is found, as `type: text`. */
const found = (text: string, options?: Parameters<typeof detect>[1]): string[] =>
  detect(text, options).map(({ type, start, end }) => `${type}: ${text.slice(start, end)}`);

describe('national numbers', () => {
  it.each(Object.entries(publishedIds))(
    '%s: published examples, and those with a wrong check digit',
    (type, { valid, invalid }) => {
      for (const number of valid) {
        expect(found(number, { types: [type], minScore: 0 }), number).toEqual([`${type}: ${number}`]);
        expect(found(`(${number}), too.`, { types: [type], minScore: 0 }), number).toEqual([`${type}: ${number}`]);
      }
      for (const number of invalid) expect(found(number, { types: [type], minScore: 0 }), number).toEqual([]);
    },
  );

  it('are of at least 40 countries, nearly all with examples here', () => {
    const countries = new Set(nationalIds.types.map((type) => type.split('-')[0]));
    expect(countries.size).toBeGreaterThanOrEqual(40);
    const without = nationalIds.types.filter((type) => publishedIds[type] === undefined);
    expect(without).toEqual(['de-personalausweis', 'hu-taj', 'hu-szemelyi', 'hu-adoazonosito', 'sa-id']);
  });

  it('need words near them, or a field that is called so, where they are bare digits', () => {
    expect(found('Build 111222333 took 12 s.')).toEqual([]);
    expect(found('Uw BSN is 111222333.')).toEqual(['nl-bsn: 111222333']);
    expect(found('111222333', { context: 'customer bsn' })).toEqual(['nl-bsn: 111222333']);
  });

  it('are no parts of longer numbers and names', () => {
    for (const text of ['536-90-4399-1', '1-536-90-4399', 'x536-90-4399', '0.536904399', 'ab12345678Z', '12345678Z_1'])
      expect(found(text), text).toEqual([]);
  });
});

describe('contact and account', () => {
  it('addresses of e-mail, up to where they end', () => {
    expect(found('Write to <ann.lee+x@mail.example.org>, "a b"@example.org or o\'brien@例え.jp.')).toEqual([
      'email: ann.lee+x@mail.example.org',
      'email: "a b"@example.org',
      "email: o'brien@例え.jp",
    ]);
    expect(found('logo@2x.png, @decorator, lodash@4.17.21, git@github.com:a/b, a@b, ..@..')).toEqual([]);
  });

  it('cards by network and Luhn, whatever stands before them', () => {
    expect(found('order 12 4111 1111 1111 1111, amex 3782 822463 10005, 5555555555554444')).toEqual([
      'card: 4111 1111 1111 1111',
      'card: 3782 822463 10005',
      'card: 5555555555554444',
    ]);
    expect(found('my card is 4111 1111 1111 1112')).toEqual(['card: 4111 1111 1111 1112']);
    expect(found('4111 1111 1111 1112; 1700000000000000; 0.4111111111111111; 6304000000000000000')).toEqual([]);
  });

  it('IBANs by country, length and check digits', () => {
    expect(found('DE89 3704 0044 0532 0130 00 or gb82west12345698765432, NO9386011117947.')).toEqual([
      'iban: DE89 3704 0044 0532 0130 00',
      'iban: gb82west12345698765432',
      'iban: NO9386011117947',
    ]);
    expect(found('DE89370400440532013001 DE8937040044053201300 ZZ8937040044053201300')).toEqual([]);
  });

  it('telephone numbers: international, plain national forms, others with words', () => {
    expect(found('+49 30 1234567, (212) 555-0123, 01 23 45 67 89 and 07700 900123')).toEqual([
      'phone: +49 30 1234567',
      'phone: (212) 555-0123',
      'phone: 01 23 45 67 89',
      'phone: 07700 900123',
    ]);
    expect(found('Reach me at 78 651 450.')).toEqual(['phone: 78 651 450']);
    expect(found('<Buffer 01 02 03 04 05>, bytes 01 44 52 61 70')).toEqual([]);
    expect(found('78 651 450 rows; 2026-01-02; +35236450.6; 10.0.1')).toEqual([]);
  });

  it('dates of birth, and no others', () => {
    expect(found('Born 12 March 1985 in Ulm; geb. 12.03.1985')).toEqual([
      'birth-date: 12 March 1985',
      'birth-date: 12.03.1985',
    ]);
    expect(found('1985-03-12', { context: 'date of birth' })).toEqual(['birth-date: 1985-03-12']);
    expect(found('Released 12 March 2021; due 2021-03-12; born 31.02.1985')).toEqual([]);
  });
});

describe('machines and secrets', () => {
  it('addresses of networks', () => {
    expect(found('from 203.0.113.7 and 2001:db8::8a2e:370:7334, 00:1b:44:11:3a:b7')).toEqual([
      'ip: 203.0.113.7',
      'ip: 2001:db8::8a2e:370:7334',
      'mac: 00:1b:44:11:3a:b7',
    ]);
    expect(found('host 1.2.3.4')).toEqual(['ip: 1.2.3.4']);
    expect(
      found(
        'v8 11.3.244.8-node.9, ObjectIdentifier("1.3.101.112"), STREET_ADDRESS = oid(2.5.4.9), prim: OBJECT :1.3.101.110',
      ),
    ).toEqual([]);
    expect(found('the server at 1.3.101.112 answers; __version__ = "3.5.0.1"')).toEqual(['ip: 1.3.101.112']);
    expect(
      found('version 1.2.3.4, 2.5.29.15, 10.0.0.0, 127.0.0.1, std::a::b, 12:34:56, 1.2.3.4.5, ff:ff:ff:ff:ff:ff'),
    ).toEqual([]);
    const headings =
      '21.2.2 Types\n  21.2.2.125 Scalars\n21.2.2.126 Vectors (see 21.2.2.125)\nAll that is said here holds for the host 21.2.2.126';
    expect(found(headings)).toEqual(['ip: 21.2.2.126']);
    expect(found(headings.replace('21.2.2 Types', 'Types'))).toHaveLength(4);
  });

  it('URLs without what ends the sentence', () => {
    expect(found('See (https://example.org/a_(b)?q=1#x), www.example.org.')).toEqual([
      'url: https://example.org/a_(b)?q=1#x',
      'url: www.example.org',
    ]);
  });

  it('addresses of money by their checksums', () => {
    const valid = [
      '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
      '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy',
      'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq',
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ',
    ];
    for (const address of valid) expect(found(address), address).toEqual([`crypto-address: ${address}`]);
    for (const address of valid) {
      const other = address.replace(/.(?=.{5}$)/, (char) =>
        char === 'a' ? 'c' : char === 'A' ? 'C' : char === '9' ? '8' : 'a',
      );
      expect(found(other), other).toEqual([]);
    }
  });

  it('keys and tokens by form, and what is called one', () => {
    // Put together here, so that who scans this file finds none.
    const token = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
    expect(found(`use ${token}!`)).toEqual([`secret: ${token}`]);
    expect(found('AKIAIOSFODNN7EXAMPLE')).toEqual(['secret: AKIAIOSFODNN7EXAMPLE']);
    expect(found('postgres://app:s3cret@db.example/x')).toEqual(['secret: s3cret']);
    expect(found('{"api_key": "9f8e7d6c5b4a3921"}')).toEqual(['secret: 9f8e7d6c5b4a3921']);
    const jwt = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"sub":"1"}').toString('base64url')}.c2lnbmF0dXJl`;
    expect(found(`Bearer ${jwt}`)).toEqual([`secret: ${jwt}`]);
    const pem = `-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----`;
    expect(found(`x\n${pem}\ny`)).toEqual([`secret: ${pem}`]);
    expect(
      found(
        'password = os.environ["X"]; token: <your token>; password: typing.Optional[bytes]; secret=$SECRET1; password = md5crypt(text)',
      ),
    ).toEqual([]);
  });
});

describe('detect', () => {
  it('gives findings in order, none overlapping, of what was asked for', () => {
    const text = 'ann@example.org 536-90-4399 https://ann@example.org/';
    expect(found(text)).toEqual(['email: ann@example.org', 'us-ssn: 536-90-4399', 'email: ann@example.org']);
    expect(found(text, { types: ['url'] })).toEqual(['url: https://ann@example.org/']);
    expect(found(text, { types: ['national-id'] })).toEqual(['us-ssn: 536-90-4399']);
    expect(new Set(allTypes).size).toBe(allTypes.length);
    expect(typeNames).toContain('national-id');
  });

  it('sees digits, spaces and dashes of other scripts, and keeps offsets', () => {
    expect(found('日本 ５３６‑９０‑４３９９ です')).toEqual(['us-ssn: ５３６‑９０‑４３９９']);
    expect(found('٤١١١ ١١١١ ١١١١ ١١١١')).toEqual(['card: ٤١١١ ١١١١ ١١١١ ١١١١']);
  });
});
