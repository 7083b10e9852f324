import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { readParts } from '#src/doors/http/request/multipart.ts';

async function* inChunks(body: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer, void, void> {
  let at = 0;
  for (let i = 0; at < body.length; i++) {
    const size = sizes.length === 0 ? body.length : sizes[i % sizes.length]!;
    yield body.subarray(at, at + size);
    at += size;
  }
}

const read = async (body: string | Buffer, boundary = 'B', sizes: readonly number[] = [], most = 100) => {
  const parts: { name: string; filename: string | undefined; contentType: string | undefined; content: string }[] = [];
  for await (const part of readParts(inChunks(Buffer.from(body), sizes), boundary, most)) {
    const { name, filename, contentType, chunks } = part;
    const all: Buffer[] = [];
    for await (const chunk of chunks) all.push(chunk);
    parts.push({ name, filename, contentType, content: Buffer.concat(all).toString('latin1') });
  }
  return parts;
};

const form = (disposition: string, content: string, more = ''): string =>
  `--B\r\nContent-Disposition: form-data; ${disposition}${more}\r\n\r\n${content}\r\n--B--\r\n`;

describe('multipart/form-data', () => {
  it('gives name, file name, type and content', async () => {
    expect(await read(form('name="f"; filename="a/b.txt"', 'x\r\ny', '\r\nContent-Type: text/plain'))).toEqual([
      { name: 'f', filename: 'a/b.txt', contentType: 'text/plain', content: 'x\r\ny' },
    ]);
  });

  it('gives any content back, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.constantFrom('a', 'b-c', 'ü'),
            fc.array(fc.constantFrom('\r', '\n', '-', 'B', '--B', '\r\n--', 'x', '\0', 'ÿ'), { maxLength: 12 }),
          ),
          { maxLength: 4 },
        ),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        async (parts, sizes) => {
          const contents = parts.map(([name, pieces]) => [name, pieces.join('')] as const);
          fc.pre(contents.every(([, content]) => !`\r\n${content}`.includes('\r\n--B0')));
          const body = Buffer.concat([
            ...contents.map(([name, content]) =>
              Buffer.concat([
                Buffer.from(`--B0\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n`),
                Buffer.from(content, 'latin1'),
                Buffer.from('\r\n'),
              ]),
            ),
            Buffer.from('--B0--'),
          ]);
          const got = await read(body, 'B0', sizes);
          expect(got.map(({ name, content }) => [name, content])).toEqual(
            contents.map(([name, content]) => [name, content]),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('skips what a reader leaves of a part', async () => {
    const body = `--B\r\nContent-Disposition: form-data; name=a\r\n\r\n${'x'.repeat(100)}\r\n${form('name="b"', 'y')}`;
    const names: string[] = [];
    for await (const part of readParts(inChunks(Buffer.from(body), [9]), 'B', 9)) {
      names.push(part.name);
      for await (const _ of part.chunks) break;
    }
    expect(names).toEqual(['a', 'b']);
  });

  it.each([
    ['name="a\\"b\\\\c"', { name: 'a"b\\c', filename: undefined }],
    ['name="a%22b"', { name: 'a"b', filename: undefined }],
    ['name=a; filename="C:\\dir\\x.txt"', { name: 'a', filename: 'C:\\dir\\x.txt' }],
    ['name=a; filename="x.txt"; filename*=UTF-8\'\'%C3%A9.txt', { name: 'a', filename: 'é.txt' }],
    ['name=""; filename=""', { name: '', filename: '' }],
  ])('reads the disposition %s', async (disposition, expected) => {
    expect((await read(form(disposition, '')))[0]).toMatchObject(expected);
  });

  it('takes an empty form, a preamble and an epilogue', async () => {
    expect(await read('--B--')).toEqual([]);
    expect(await read(`hello\r\n${form('name=a', '1')}bye`)).toMatchObject([{ name: 'a', content: '1' }]);
  });

  it.each([
    ['nothing', ''],
    ['no boundary', 'x'.repeat(3000)],
    ['another boundary', form('name=a', '').replaceAll('--B', '--C')],
    ['no end', '--B\r\nContent-Disposition: form-data; name=a\r\n\r\nabc'],
    ['an end within the head', '--B\r\nContent-Disposition: form-data'],
    ['a part without head', '--B\r\n\r\nabc\r\n--B--'],
    ['a part without name', form('filename=a', '')],
    ['a part that is no form-data', form('name=a', '').replace('form-data', 'attachment')],
    ['a folded head line', form('name=a', '', '\r\n folded: x')],
    ['two dispositions', form('name=a', '', '\r\nContent-Disposition: form-data; name=b')],
    ['a name twice', form('name=a; name=b', '')],
    ['a control character in a name', form('name="a\u0001"', '')],
    ['a line break in a name', form('name="a\nb"', '')],
    ['a transfer encoding', form('name=a', '', '\r\nContent-Transfer-Encoding: base64')],
    ['a boundary that goes on', form('name=a', 'x').replace('--B--', '--Bx')],
    ['a head that is not UTF-8', Buffer.from(form('name="\xff"', ''), 'latin1')],
    ['a file name of broken escapes', form("name=a; filename*=UTF-8''%ff", '')],
  ])('refuses %s', async (_what, body) => {
    for (const sizes of [[], [1]]) {
      await expect(read(body, 'B', sizes)).rejects.toMatchObject({ code: 'malformed-request' });
    }
  });

  it('bounds the parts and their heads', async () => {
    const part = '--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n';
    await expect(read(`${part.repeat(4)}--B--`, 'B', [], 3)).rejects.toMatchObject({ code: 'too-large' });
    await expect(read(`--B\r\nx: ${'x'.repeat(40_000)}`)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('fails in no other way, whatever the bytes', async () => {
    const piece = fc.constantFrom(
      '--B',
      '\r\n',
      '--',
      'Content-Disposition: form-data; name=a',
      '\r\n\r\n',
      ';',
      '"',
      'x',
      '\0',
      '=',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (pieces, size) => {
        await read(pieces.join(''), 'B', [size]).catch((error: unknown) => expect(error).toBeInstanceOf(CrankError));
      }),
      { numRuns: 500 },
    );
  });
});
