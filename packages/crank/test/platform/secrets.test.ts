import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileWrapper } from '#src/platform/key-wrapper.ts';
import { maskOf } from '#src/platform/secret-mask.ts';
import { Secrets } from '#src/platform/secrets.ts';
import { WrappingKeys } from '#src/platform/wrapping-keys.ts';
import { openStore, type Store, type StoreLocation } from '#src/store/store.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('a mask', () => {
  const value = 'sk/live+51H "q" ü\\7';
  const mask = maskOf([value]);
  it.each([
    ['itself', value],
    ['JSON', JSON.stringify(value)],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ value })).slice(1, -1)],
    ['JSON of ASCII', JSON.stringify(value).replace('ü', '\\u00fc')],
    ['hexadecimal', Buffer.from(value).toString('hex')],
    ['hexadecimal, large', Buffer.from(value).toString('hex').toUpperCase()],
    ['a URL', encodeURIComponent(value)],
    ['a form', new URLSearchParams({ value }).toString()],
    ['a path', encodeURI(value)],
    ...[0, 1, 2, 3].map((before) => [
      `base64 behind ${before} bytes`,
      Buffer.from(`${'a'.repeat(before)}${value}zz`).toString('base64'),
    ]),
    ['base64url', Buffer.from(value).toString('base64url')],
  ])('finds it as %s', (_, text) => {
    const masked = mask.text(`before ${text} after`);
    expect(masked).toContain('***');
    expect(masked.length).toBeLessThan(36);
  });
  it('finds it where a text was cut, at either end', () => {
    expect(mask.text(`said ${value.slice(0, 9)}`, true)).toBe('said ***');
    expect(mask.text(`said ${value.slice(0, 9)}…`, true)).toBe('said ***');
    expect(mask.text(`${value.slice(-9)} was said`, true)).toBe('*** was said');
    expect(mask.text(`said ${value.slice(0, 9)}`)).toContain('sk/live');
  });
  it('keeps JSON JSON, and the rest as it is, digit for digit', () => {
    const json = (text: string, by = mask) => Buffer.from(by.json(Buffer.from(text))).toString();
    expect(json(`{"n": 1.0, "k":${JSON.stringify(value)} , "m": 9007199254740993}`)).toBe(
      '{"n": 1.0, "k":"***" , "m": 9007199254740993}',
    );
    expect(json('{"k":"\\u0073k/live+51H \\"q\\" \\u00fc\\\\7"}')).toBe('{"k":"***"}');
    expect(json('[1234567890123, "12345678", 1]', maskOf(['12345678']))).toBe('["***", "***", 1]');
    const plain = Buffer.from('{"a": "\\n"}');
    expect(mask.json(plain)).toBe(plain);
  });
  it('of a text of lines finds each', () => {
    const pem = `-----BEGIN KEY-----\n${'MIIEvQIBADANBgkqhkiG'}\n${'9w0BAQEFAASCBKcwggSj'}\n-----END KEY-----`;
    expect(maskOf([pem]).text('line 9w0BAQEFAASCBKcwggSj')).toBe('line ***');
  });
  it('of many texts no one is changed that has none', () => {
    for (let n = 0; n < 500; n++) {
      const text = Buffer.from(`${Math.random()} ${'x'.repeat(n)}`).toString(n % 2 ? 'base64' : 'hex');
      expect(mask.text(text, true)).toBe(text);
    }
  });
  it('finds it in a file, also over the edge of what is read at once', async () => {
    const folder = temporaryFolder('mask');
    const path = join(folder.path, 'file');
    for (const before of [0, 2 ** 20 - 7, 2 ** 20]) {
      writeFileSync(path, `${'x'.repeat(before)}${value}`);
      expect(await mask.isIn(path), String(before)).toBe(true);
    }
    writeFileSync(path, 'x'.repeat(2 ** 21));
    expect(await mask.isIn(path)).toBe(false);
    folder.remove();
  });
});

const stores: [string, () => Promise<{ location: StoreLocation; stop: () => Promise<void> | void }>][] = [
  [
    'SQLite',
    async () => {
      const folder = temporaryFolder('secrets');
      return { location: { sqlite: join(folder.path, 'crank.db') }, stop: () => folder.remove() };
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const server = await startPostgres();
      return { location: { postgres: server.url }, stop: server.stop };
    },
  ],
];

describe.each(stores)('secrets on %s', (_, open) => {
  let store: Store;
  let stop: () => Promise<void> | void;
  const folder = temporaryFolder('wrapping');
  const secretsOf = (keys: string) => new Secrets(store.db, fileWrapper(WrappingKeys.open(join(folder.path, keys))));
  const set = async (secrets: Secrets, account: string, name: string, value: string) => {
    const { query, ...more } = await secrets.set(account, name, value, 'key_1');
    await store.db.executeQuery(query);
    secrets.forget();
    return more;
  };

  beforeAll(async () => {
    const { location, stop: stopping } = await open();
    stop = stopping;
    store = await openStore(location);
  });
  afterAll(async () => {
    await store.close();
    await stop();
    folder.remove();
  });

  it('each account has its own, under the same name', async () => {
    const secrets = secretsOf('one');
    expect(await set(secrets, 'acme', 'KEY', 'of-acme-1')).toEqual({ version: 1, created: true });
    await set(secrets, 'other', 'KEY', 'of-other-1');
    const granted = await secrets.grant('acme', { A: 'KEY', B: 'KEY' });
    expect(granted.values).toEqual({ A: 'of-acme-1', B: 'of-acme-1' });
    expect(granted.used).toEqual([{ name: 'KEY', version: 1 }]);
    await expect(secrets.grant('third', { A: 'KEY' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('another value is another version and edition, also over a removal', async () => {
    const secrets = secretsOf('one');
    const before = await secrets.grant('acme', { A: 'KEY' });
    expect(await set(secrets, 'acme', 'KEY', 'of-acme-2')).toEqual({ version: 2, created: false });
    const now = await secrets.grant('acme', { A: 'KEY' });
    expect([now.values['A'], now.used[0]!.version]).toEqual(['of-acme-2', 2]);
    expect(now.edition).not.toBe(before.edition);
    await store.db.executeQuery(secrets.remove('acme', 'KEY'));
    secrets.forget();
    await expect(secrets.grant('acme', { A: 'KEY' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await secrets.list('acme')).toEqual([]);
    expect(await set(secrets, 'acme', 'KEY', 'of-acme-3')).toEqual({ version: 3, created: true });
  });

  it('a node with another key cannot read it, and says what to do; one with the same keys can', async () => {
    await expect(secretsOf('two').grant('acme', { A: 'KEY' })).rejects.toThrow('wrapped under another');
    expect((await secretsOf('one').grant('acme', { A: 'KEY' })).values['A']).toBe('of-acme-3');
  });

  it('a row put in the place of another is not believed', async () => {
    const secrets = secretsOf('one');
    const row = await store.db
      .selectFrom('secrets')
      .selectAll()
      .where('account', '=', 'other')
      .executeTakeFirstOrThrow();
    await store.db
      .insertInto('secrets')
      .values({ ...row, account: 'thief' })
      .execute();
    await expect(secrets.grant('thief', { A: 'KEY' })).rejects.toThrow();
  });

  it('what was read before a change is not kept after it', async () => {
    const secrets = secretsOf('one');
    const reading = secrets.grant('acme', { A: 'KEY' });
    await set(secrets, 'acme', 'KEY', 'of-acme-4');
    await reading;
    expect((await secrets.grant('acme', { A: 'KEY' })).values['A']).toBe('of-acme-4');
  });
});
