import { describe, expect, test } from 'vitest';
import { checkWheel } from '#src/engines/packaging/built-wheel.ts';
import { readZip, writeZip, type ZipEntry } from '#src/engines/packaging/zip.ts';

const file = (name: string, text = ''): ZipEntry => ({ name, bytes: Buffer.from(text), executable: false });
const plain = (name = 'x', version = '1.0'): ZipEntry[] => [
  file('x.py', 'x = 1\n'),
  file(`${name}-${version}.dist-info/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nText`),
  file(`${name}-${version}.dist-info/WHEEL`, 'Wheel-Version: 1.0\n'),
];
const asked = { name: 'x', version: '1.0' };
const check = (entries: readonly ZipEntry[], name = 'x-1.0-py3-none-any.whl', bytes = writeZip(entries)) =>
  checkWheel(name, bytes, asked);

describe('a wheel that was built here', () => {
  test('is written anew: the same files, whatever order and times they had', () => {
    const wheel = check([...plain(), { ...file('x/run.sh', 'true'), executable: true }]);
    expect(wheel.file).toBe('x-1.0-py3-none-any.whl');
    const entries = readZip(wheel.bytes);
    expect(entries.map(({ name }) => name)).toEqual([
      ...['x-1.0.dist-info/METADATA', 'x-1.0.dist-info/WHEEL', 'x.py', 'x/run.sh'],
    ]);
    expect(entries.map(({ executable }) => executable)).toEqual([false, false, false, true]);
    expect(check([...plain()].reverse()).bytes.equals(check(plain()).bytes)).toBe(true);
  });

  test.each<[string, ZipEntry[], RegExp]>([
    ['x-1.0.zip', plain(), /not that of a wheel/],
    ['../x-1.0-py3-none-any.whl', plain(), /not that of a wheel/],
    ['y-1.0-py3-none-any.whl', plain('y'), /it is y 1\.0, not x 1\.0/],
    ['x-2.0-py3-none-any.whl', plain('x', '2.0'), /it is x 2\.0/],
    ['x-1.0-py3-none-any.whl', plain('y'), /metadata of another package/],
    ['x-1.0-py3-none-any.whl', plain().slice(0, 2), /no WHEEL/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('../x')], /not plain/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('/etc/x')], /not plain/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('a/../../x')], /not plain/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('a\\..\\x')], /not plain/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('X.py')], /twice/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('y-1.0.dist-info/METADATA')], /metadata of another/],
    ['x-1.0-py3-none-any.whl', [...plain(), file('x-1.0.data/etc/x')], /not known/],
    [
      'x-1.0-py3-none-any.whl',
      [...plain(), file('x-1.0.dist-info/entry_points.txt', '[console_scripts]\n../../x = a:b\n')],
      /entry point/,
    ],
    [
      'x-1.0-py3-none-any.whl',
      plain().map((one) => (one.name.endsWith('METADATA') ? file(one.name, 'Name: x\nVersion: 1.1\n') : one)),
      /METADATA is of another/,
    ],
  ])('%s is refused (%#)', (name, entries, message) => expect(() => check(entries, name)).toThrow(message));

  test('entry points as packages have them', () => {
    const text = '[console_scripts]\nx-run = x:main\nx.y=x.y:z [extra]\n\n[other]\n../ = anything\n';
    expect(check([...plain(), file('x-1.0.dist-info/entry_points.txt', text)]).file).toBe('x-1.0-py3-none-any.whl');
  });
});

describe('a ZIP file', () => {
  const zip = writeZip([file('a', 'some text')]);
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(zip);
    copy[at] = value;
    return copy;
  };
  const central = zip.readUInt32LE(zip.length - 6);

  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /no ZIP file/],
    ['cut off', zip.subarray(0, -1), /no ZIP file/],
    ['another checksum', changed(zip.indexOf('some'), 0), /checksum/],
    ['encrypted', changed(central + 8, 1), /not read here/],
    ['another method', changed(central + 10, 12), /not read here/],
    ['a link', changed(central + 41, 0xa1), /no file/],
    ['a size that is a lie', changed(central + 24, 1), /another size/],
    ['two gigabytes', changed(central + 27, 0x7f), /unpacks to more/],
    ['a file elsewhere', changed(central + 42, 1), /not where it should be/],
  ])('%s is refused', (_, bytes, message) => expect(() => readZip(bytes)).toThrow(message));

  test('whatever bytes come: an error of ours, or entries', () => {
    for (let at = 0; at < zip.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        try {
          readZip(changed(at, value));
        } catch (error) {
          expect((error as Error).name).toBe('ZipError');
        }
      }
    }
  });
});
