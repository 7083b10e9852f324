import { describe, expect, it } from 'vitest';
import { findEntry, runtimeOf } from '#src/engines/packaging/entry.ts';
import { readManifest } from '#src/engines/packaging/manifest-file.ts';
import { modelRequirements, withSpecification } from '#src/engines/packaging/model-manifest.ts';

const source = (...paths: string[]) => ({ files: new Map(paths.map((path) => [path, Buffer.from('x')])) });
const read = (manifest: object) => readManifest(source(), JSON.stringify(manifest));
const wrong = (operation: object): string =>
  read({ model: { operations: { f: operation } } })
    .findings.map(({ message, fix }) => `${message} ${fix}`)
    .join('\n');

describe('which file is the model', () => {
  it.each([
    ['model.onnx', ['model.onnx'], {}],
    ['a/b.onnx', ['a/b.onnx', 'labels.txt'], {}],
    ['model.onnx', ['model.onnx', 'other.onnx'], {}],
    ['main.py', ['main.py', 'net.onnx'], {}],
    ['net.onnx', ['main.py', 'net.onnx'], { runtime: 'model' as const }],
    ['other.onnx', ['model.onnx', 'other.onnx', 'main.py'], { entry: 'other.onnx' }],
    ['main.py', ['main.py', 'model.onnx'], { entry: 'main.py', runtime: 'python' as const }],
  ])('%s of %j, %j', (entry, paths, { entry: named, runtime }: { entry?: string; runtime?: 'python' | 'model' }) => {
    expect(findEntry(source(...paths), named, runtime)).toEqual({ entry });
    expect(runtimeOf(entry)).toBe(entry.endsWith('.onnx') ? 'model' : 'python');
  });
  it.each([
    [['a.onnx', 'b.onnx'], {}, 'Which of its files is the model is not clear.'],
    [['main.py'], { runtime: 'model' as const }, 'Which of its files is the model is not clear.'],
    [
      ['main.py', 'a.onnx'],
      { entry: 'main.py', runtime: 'model' as const },
      'The entry "main.py" is not an .onnx file',
    ],
    [['a.onnx'], { entry: 'a.onnx', runtime: 'python' as const }, 'the manifest says "runtime": "python"'],
    [['notes.txt'], {}, 'There is no .py, .ts, .js or .onnx file in it.'],
  ])('none of %j, %j', (paths, { entry, runtime }: { entry?: string; runtime?: 'python' | 'model' }, why) => {
    expect(JSON.stringify(findEntry(source(...paths), entry, runtime))).toContain(JSON.stringify(why).slice(1, -1));
  });
});

describe('`model` in a manifest', () => {
  it('may say little', () => {
    const given = { threads: 2, operations: { a: null, b: { takes: 'image', gives: { labels: null } } } };
    expect(read({ runtime: 'model', model: given })).toEqual({
      manifest: {
        runtime: 'model',
        model: { threads: 2, operations: { a: {}, b: { takes: { image: {} }, gives: { labels: {} } } } },
      },
      findings: [],
    });
  });
  it.each([
    [{ takes: 'smell' }, 'Known: bytes, text, image, audio, features.'],
    [{ takes: { image: {}, text: {} } }, 'or more than one'],
    [{ takes: { image: { widht: 3 } } }, '"widht" is unknown in "image"'],
    [{ takes: { image: { width: 0 } } }, '"width" is not a whole number from 1 to 8192'],
    [{ takes: { image: { deviation: [0] } } }, '"deviation" is not a list'],
    [{ takes: { text: { tokenizer: '../secret' } } }, '"tokenizer" is not the path of a file of the folder'],
    [{ takes: { text: { hashing: { ngrams: [1] } } } }, '"hashing" is not an object of size'],
    [{ takes: { audio: { rate: 16_000 } } }, '"audio" lacks "window"'],
    [{ takes: { features: { names: ['a b'] } } }, 'a list of names of letters'],
    [{ gives: { labels: { activation: 'relu' } } }, 'one of softmax, sigmoid, none'],
    [{ gives: { vector: { pool: 'max' } } }, 'one of mean, first, none'],
    [{ gives: [] }, 'Known: labels, value, vector, segments.'],
    [{ constants: [1] }, '"constants" is not an object'],
    [{ description: 7 }, 'The description is not a text'],
    [{ inputs: {} }, 'Known: description, takes, gives, constants.'],
  ])('%j is wrong', (operation, why) => {
    expect(wrong(operation)).toContain(why);
  });
  it.each([
    [[], '"model" is not an object'],
    [{ threads: 0 }, '"threads" is not a whole number from 1 to 64'],
    [{ operations: {} }, '"operations" is not an object of 1 to 50'],
    [{ operations: { 'a-b': {} } }, 'is no name of an operation'],
    [{ labels: [] }, 'Known: threads, operations.'],
  ])('%j is wrong, too', (model, why) => {
    expect(JSON.stringify(read({ model }).findings)).toContain(JSON.stringify(why).slice(1, -1));
  });

  it('is put where only packaging puts something', () => {
    const { files } = withSpecification(source('model.onnx', '.crank/model.json', '.crank/more'), { operations: {} });
    expect([...files.keys()]).toEqual(['.crank/model.json', 'model.onnx']);
    expect(files.get('.crank/model.json')!.toString()).toBe('{"operations":{}}');
    expect([...withSpecification(source('model.onnx', '.crank/model.json'), undefined).files.keys()]).toEqual([
      'model.onnx',
    ]);
  });

  it('says what is installed', () => {
    expect(modelRequirements(undefined)).toEqual(['onnxruntime']);
    const takes = { operations: { a: { takes: { image: {} } }, b: { takes: { text: { tokenizer: 't.json' } } } } };
    expect(modelRequirements(takes, ['ONNXRuntime==1.20', 'rich'])).toEqual([
      'ONNXRuntime==1.20',
      'rich',
      'pillow',
      'tokenizers',
    ]);
  });
});
