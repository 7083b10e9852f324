import { describe, expect, it } from 'vitest';
import { defaultLimits, type Manifest, type Operation } from '#src/core/service.ts';
import { rank, readQuery } from '#src/platform/discovery/rank.ts';
import { searchDocument, wordsOf } from '#src/platform/discovery/search-document.ts';

const manifest = (name: string, description = ''): Manifest => ({
  ...{ name, description, runtime: 'python', entry: 'a.py', python: '3.11', isolation: 'fresh' },
  ...{ limits: defaultLimits, requirements: [], lock: null, operations: {} },
});

const entry = (service: string, name: string, more: Partial<Operation> = {}) => {
  const operation: Operation = {
    ...{ name, description: '', input: { type: 'object' }, output: true, result: 'json', files: [] },
    ...more,
  };
  return { id: `${service}.${name}`, document: searchDocument(service, manifest(service), operation) };
};

const file = { type: 'object', properties: { document: { type: 'string', contentMediaType: 'application/pdf' } } };
const all = [
  entry('pdf', 'text', {
    description: 'Text of a document.',
    input: file,
    files: ['document'],
    output: { type: 'string' },
  }),
  entry('words', 'count_words', { description: 'Count words.', output: { type: 'integer' } }),
  entry('words', 'topWords', {
    description: 'Most frequent words.',
    output: { type: 'array', items: { type: 'string' } },
  }),
  entry('images', 'thumbnail', { result: 'file', contentType: 'image/png', files: ['image'] }),
];
const found = (query: Parameters<typeof rank>[1]): string[] => rank(all, query).map(({ one }) => one.id);

describe('search over operations', () => {
  it.each([
    ['topWords counting_words studies', ['top', 'word', 'count', 'word', 'stud']],
    ['Größe_2', ['größe', '2']],
    ['  ', []],
  ])('reads the words of %j', (text, words) => expect(wordsOf(text)).toEqual(words));

  it.each([
    ['takes a PDF, gives text', { takes: 'a PDF', gives: 'text' }],
    ['returns a list of words', { takes: undefined, gives: 'a list of words' }],
    ['count words', { takes: undefined, gives: undefined }],
  ])('reads %j', (text, sides) => expect(readQuery({ text })).toEqual({ text, ...sides }));

  it('finds by words, the best first', () => {
    expect(found({ text: 'counting the words' })).toEqual(['words.count_words', 'words.topWords']);
    expect(found({ text: 'freq' })).toEqual(['words.topWords']);
    expect(found({ text: 'weather' })).toEqual([]);
  });

  it('finds by what goes in and what comes out', () => {
    expect(found({ text: 'takes a PDF, gives text' })).toEqual(['pdf.text']);
    expect(found({ gives: 'png' })).toEqual(['images.thumbnail']);
    expect(found({ gives: 'a number' })).toEqual(['words.count_words']);
    expect(found({ takes: 'file', gives: 'number' })).toEqual([]);
  });
});
