import { describe, expect, it } from 'vitest';
import {
  formatNote,
  formatVkey,
  parseNote,
  parseVkey,
  VerificationError,
  VkeyError,
  verifyCheckpoint,
  verifyNote,
} from '../src/index.ts';
import { vectors } from './vectors.ts';

const { vkey, valid, invalid, invalidVkeys } = vectors<{
  vkey: string;
  valid: { name: string; text: string; note: string }[];
  invalid: { name: string; note: string }[];
  invalidVkeys: string[];
}>('note/signed-note.json');

describe('signed notes', () => {
  it.each(valid)('holds: $name', async ({ note, text }) => {
    const verified = await verifyNote(note, [await parseVkey(vkey)]);
    expect(verified.text).toBe(text);
    expect(verified.verified.map((key) => key.text)).toEqual([vkey]);
    expect(formatNote(parseNote(note))).toBe(note);
  });

  it.each(invalid)('does not hold: $name', async ({ note }) => {
    await expect(verifyNote(note, [await parseVkey(vkey)])).rejects.toThrow(VerificationError);
  });

  it('splits at the last empty line', () => {
    const { text } = parseNote(`first\n\nsecond\n\n${valid[0]!.note.split('\n\n')[1]}`);
    expect(text).toBe('first\n\nsecond\n');
  });

  it('takes at least 16 signatures', async () => {
    const [text, line] = valid[0]!.note.split('\n\n') as [string, string];
    const others = Array.from({ length: 16 }, (_, i) => line.replace('/foo', `/w${i}`)).join('');
    const { unknown } = await verifyNote(`${text}\n\n${others}${line}`, [await parseVkey(vkey)]);
    expect(unknown).toHaveLength(16);
  });

  it('no note of another kind is a checkpoint', async () => {
    await expect(verifyCheckpoint(valid[0]!.note, [vkey])).rejects.toThrow(/three lines/);
  });
});

describe('verifier keys', () => {
  it('come back as they were', async () => {
    expect(formatVkey(await parseVkey(vkey))).toBe(vkey);
  });

  it.each(invalidVkeys)('refuses %j', async (text) => {
    await expect(parseVkey(text)).rejects.toThrow(VkeyError);
  });
});
