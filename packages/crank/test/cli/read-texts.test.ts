import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCsv, readTexts } from '#src/doors/cli/read-texts.ts';
import { temporaryFolder } from '../support/temporary.ts';

const columns = { text: 'text', label: 'label', time: 'time', group: 'group' };

describe('texts', () => {
  const folder = temporaryFolder('texts');
  afterAll(folder.remove);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder.path, name), text);
    return join(folder.path, name);
  };

  it('of CSV, by RFC 4180', () => {
    expect(parseCsv('\uFEFFa,b\r\n"x ""y"", z","1\n2"\r\n\r\n,last', ',')).toEqual([
      ['a', 'b'],
      ['x "y", z', '1\n2'],
      ['', 'last'],
    ]);
    expect(() => parseCsv('a\n"never closed', ',')).toThrow('never closed');
  });

  it('come with what is known of them, or are refused with their place', async () => {
    expect(await readTexts(file('a.csv', 'id,text,label\n1,hello,\n2,bye,spam\n'), columns)).toEqual([
      { text: 'hello' },
      { text: 'bye', label: 'spam' },
    ]);
    expect(await readTexts(file('a.jsonl', '{"text":"x","time":"2026-01-01","group":3}\n\n'), columns)).toEqual([
      { text: 'x', time: '2026-01-01', group: '3' },
    ]);
    mkdirSync(join(folder.path, 'letters/spring'), { recursive: true });
    file('letters/spring/one.txt', 'Dear Ann');
    expect(await readTexts(join(folder.path, 'letters'), columns)).toEqual([{ text: 'Dear Ann', group: 'spring' }]);
    await expect(readTexts(file('b.csv', 'body\nx\n'), columns)).rejects.toThrow('Row 1 has no "text"');
    await expect(readTexts(file('b.jsonl', '{"text":"x"}\n{'), columns)).rejects.toThrow('Line 2 is not JSON');
    await expect(readTexts(file('b.pdf', ''), columns)).rejects.toThrow('no .csv');
  });
});
