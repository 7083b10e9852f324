import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureUv } from '#src/engines/packaging/ensure-uv.ts';
import { model as row } from '../contract/model.ts';
import { runtimeContract } from '../contract/runtime.contract.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { dear, identity, linear, onnxModel } from '../support/onnx-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const here = fileURLToPath(new URL('models', import.meta.url));
const data = fileURLToPath(new URL('../../../../examples/data', import.meta.url));
const vectors = JSON.parse(readFileSync(join(here, 'vectors.json'), 'utf8')) as {
  kinds: Record<string, { label: string; score: number }>;
  speech: number[];
};

/** Models as services, end to end: two that packages of the index ship, and small ones for each thing that can be said. */
describe('models', { timeout: 180_000 }, () => {
  const folder = temporaryFolder('models');
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    const uv = await ensureUv(join(folder.path, 'tools'), () => {}, ['/usr/bin/python3', 'python3']);
    const wanted = ['magika==1.0.3', 'silero-vad==6.2.3'];
    const packages = join(folder.path, 'packages');
    execFileSync(uv, ['pip', 'install', '--python', '/usr/bin/python3', '--no-deps', '--target', packages, ...wanted], {
      stdio: 'pipe',
    });
    for (const [name, model] of [
      ['file-kind', 'magika/models/standard_v3_3/model.onnx'],
      ['speech', 'silero_vad/data/silero_vad_16k_sequence.onnx'],
    ] as const) {
      cpSync(join(here, name), join(folder.path, name), { recursive: true });
      copyFileSync(join(packages, model), join(folder.path, name, 'model.onnx'));
    }
  }, 180_000);
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  const post = (path: string, json: unknown) => node.request('POST', `/v1/services/${path}`, { json });
  const deploy = async (
    name: string,
    model: Buffer,
    manifest: object = {},
    more: Record<string, string | Buffer> = {},
  ) => {
    const form = new FormData();
    form.append('name', name);
    form.append('manifest', JSON.stringify({ runtime: 'model', ...manifest }));
    form.append('file', new Blob([new Uint8Array(model)]), 'model.onnx');
    for (const [path, content] of Object.entries(more)) form.append('file', new Blob([content]), path);
    return node.request('POST', '/v1/services', { body: form });
  };
  const deployed = async (...args: Parameters<typeof deploy>) => {
    const answer = await deploy(...args);
    expect(answer.status, answer.text).toBe(201);
    return answer.json;
  };
  const operations = (map: Record<string, object>) => ({ model: { operations: map } });

  it('magika: what a file is, as its own client says', async () => {
    const answer = await node.crank(['deploy', join(folder.path, 'file-kind'), '--json']);
    expect(answer).toMatchObject({ code: 0 });
    expect(JSON.parse(answer.stdout)).toMatchObject({ name: 'file-kind', created: true, findings: [] });
    const names = Object.entries(vectors.kinds);
    expect(names.length).toBeGreaterThan(8);
    for (const [name, { label, score }] of names) {
      const called = await node.crank(['call', 'file-kind.classify', '-f', `data=@${join(data, name)}`]);
      const said = JSON.parse(called.stdout) as { label: string; score: number; top: unknown[] };
      expect(said).toMatchObject({ label });
      expect(said.score).toBeCloseTo(score, 6);
      expect(said.top).toHaveLength(3);
    }
  });

  it('silero-vad: who speaks when, as its streaming export says', async () => {
    expect(await node.crank(['deploy', join(folder.path, 'speech')])).toMatchObject({ code: 0 });
    const receipt = join(folder.path, 'receipt.json');
    const sound = `audio=@${join(here, 'speech.wav')}`;
    const called = await node.crank(['call', 'speech.find', '-f', sound, '--receipt', receipt]);
    const { scores, segments } = JSON.parse(called.stdout) as { scores: number[]; segments: { start: number }[] };
    expect(scores).toHaveLength(vectors.speech.length);
    scores.forEach((score, at) => void expect(score).toBeCloseTo(vectors.speech[at]!, 5));
    expect(segments.map(({ start }) => start)).toEqual([0.608, 1.28]);
    const key = (await node.request('GET', '/log/vkey')).text.trim();
    const verified = await verifyReceipt(readFileSync(receipt), { vkeys: [key] });
    expect(verified.predicate).toMatchObject({ service: 'speech', operation: 'find', isolation: 'fresh' });
  });

  it('predict takes and gives tensors, checked for shape and element type', async () => {
    const service = await deployed('linear', linear());
    expect(service).toMatchObject({
      runtime: 'model',
      isolation: 'fresh',
      operations: [{ name: 'predict', files: ['x'] }],
    });
    expect((await post('linear/predict', { x: [[1, 2, 4], [0, 0, 0]] })).json).toEqual({
      scores: [[4.5, 15.5], [0.5, -0.5]],
    }); // biome-ignore format: matrices
    for (const x of [[[1, 2]], [[1, 2, 3], [1]], [1, 2, 3], 7, [['a', 'b', 'c']], [[1, 2, true]], [[[1, 2, 3]]]])
      expect((await post('linear/predict', { x })).json, JSON.stringify(x)).toMatchObject({ code: 'invalid-input' });
    expect((await post('linear/predict', { x: [] })).json).toEqual({ scores: [] });
    // The same as a file of numpy's: float32, C order, shape (1, 3).
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }".padEnd(117).concat('\n');
    const npy = Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
      Buffer.from(header),
      Buffer.from(new Float32Array([1, 2, 4]).buffer),
    ]);
    const file = { name: 'x.npy', base64: npy.toString('base64') };
    expect((await post('linear/predict', { x: file })).json).toEqual({ scores: [[4.5, 15.5]] });
    // Objects in it would be code.
    const pickled = Buffer.from(npy.toString('latin1').replace("'<f4'", "'|O' "), 'latin1');
    expect((await post('linear/predict', { x: { name: 'x', base64: pickled.toString('base64') } })).json).toMatchObject(
      {
        code: 'invalid-input',
      },
    );
  });

  it('labels, a number and vectors', async () => {
    await deployed(
      'judge',
      linear(),
      operations({
        soft: { takes: { features: { names: ['a', 'b', 'c'] } }, gives: { labels: { names: 'names.json', activation: 'softmax', top: 2 } } },
        unsure: { takes: { features: { names: ['a', 'b', 'c'] } }, gives: { labels: { names: ['no', 'yes'], activation: 'softmax', threshold: 0.999 } } },
        several: { takes: { features: { names: ['a', 'b', 'c'] } }, gives: { labels: { names: ['no', 'yes'], activation: 'sigmoid', multiple: true } } },
        vector: { takes: { features: { names: ['a', 'b', 'c'] } }, gives: { vector: { normalise: true } } },
        predict: {},
      }),
      { 'names.json': '{"0": "no", "1": "yes"}' },
    ); // biome-ignore format: one operation a line
    const of = async (operation: string, [a, b, c]: number[]) => (await post(`judge/${operation}`, { a, b, c })).json;
    // x W + b = [1, -1] for this x.
    const soft = await of('soft', [0.5, 0, 0]);
    const sum = Math.exp(1) + Math.exp(-1);
    expect(soft).toMatchObject({ label: 'no' });
    expect(soft['score']).toBeCloseTo(Math.exp(1) / sum, 6);
    expect(soft['top']).toMatchObject([{ label: 'no' }, { label: 'yes' }]);
    expect(await of('unsure', [0.5, 0, 0])).toMatchObject({ label: null });
    expect(await of('several', [0.5, 0, 0])).toMatchObject({ labels: [{ label: 'no' }] });
    expect(await of('several', [-1, 0, 0])).toMatchObject({ labels: [{ label: 'yes' }] });
    const vector = (await of('vector', [0.5, 0, 0])) as unknown as number[];
    vector.forEach((part, at) => void expect(part).toBeCloseTo([Math.SQRT1_2, -Math.SQRT1_2][at]!, 6));
    expect(await of('soft', ['x' as unknown as number, 0, 0])).toMatchObject({ code: 'invalid-input' });
  });

  it('classifiers of scikit-learn give what they give there', async () => {
    const iris = { flower: { takes: { features: { names: ['a', 'b', 'c', 'd'] } }, gives: { labels: { top: 2 } } } };
    await deployed('iris', readFileSync(join(here, 'iris.onnx')), operations(iris));
    const { json } = await node.request<{ label: string; top: { label: string; score: number }[] }>(
      'POST',
      '/v1/services/iris/flower',
      { json: { a: 6.7, b: 3, c: 5, d: 1.7 } },
    );
    expect(json).toMatchObject({ label: 'virginica', top: [{ label: 'virginica' }, { label: 'versicolor' }] });
    expect(json.top[0]!.score).toBeCloseTo(0.51810639, 5);
    await deployed(
      'spam',
      readFileSync(join(here, 'spam.onnx')),
      operations({ judge: { takes: 'text', gives: 'labels' } }),
    );
    const judged = await post('spam/judge', { text: 'win money' });
    expect(judged.json).toMatchObject({ label: 'spam' });
    expect(judged.json['score']).toBeCloseTo(0.5900711, 5);
  });

  it('pictures, words and text become what the model takes', async () => {
    const image = { image: { channels: 'bgr', scale: 1 / 255, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } };
    await deployed('pixels', identity([1, 3, 2, 2]), operations({ look: { takes: image } }));
    const looked = await node.request<{ y: number[][][][] }>('POST', '/v1/services/pixels/look', {
      json: { image: { name: 'a.png', base64: png([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]).toString('base64') } },
    }); // biome-ignore format: pixels
    const planes = looked.json.y[0]!.map((plane) => plane.flat().map((part) => Math.round(part)));
    expect(planes).toEqual([[-1, -1, 1, 1], [-1, 1, -1, 1], [1, -1, -1, 1]]); // biome-ignore format: blue, green, red
    expect((await post('pixels/look', { image: 'AAAA' })).json).toMatchObject({ code: 'invalid-input' });

    const hashing = { takes: { text: { hashing: { size: 8, ngrams: [1, 2] } } } };
    await deployed('words', identity(['batch', 8]), operations({ count: hashing }));
    const counts = Array.from({ length: 8 }, () => 0);
    for (const gram of ['so', 'it', 'goes', 'so it', 'it goes']) counts[crc32(gram) % 8]! += 1;
    expect((await post('words/count', { text: 'So it goes.' })).json).toEqual({ y: [counts] });

    await deployed('echo', identity(['batch'], 'string'), operations({ say: { takes: 'text' }, predict: {} }));
    expect((await post('echo/say', { text: 'Größe' })).json).toEqual({ y: ['Größe'] });
    expect((await post('echo/predict', { x: ['a', 'b'] })).json).toEqual({ y: ['a', 'b'] });

    const vocabulary = { '[UNK]': 0, '[PAD]': 1, down: 2, '##load': 3, it: 4 };
    const tokenizer = {
      version: '1.0',
      normalizer: { type: 'Lowercase' },
      pre_tokenizer: { type: 'Whitespace' },
      model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: vocabulary },
    }; // biome-ignore format: as tokenizer.json has it
    await deployed(
      'tokens',
      identity(['batch', 6], 'int64', 'input_ids'),
      operations({ split: { takes: { text: { tokenizer: 'tokenizer.json' } } } }),
      { 'tokenizer.json': JSON.stringify(tokenizer) },
    );
    expect((await post('tokens/split', { text: 'Download it now' })).json).toMatchObject({ y: [[2, 3, 4, 0, 0, 0]] });
  });

  it('what cannot be a service is refused with the reason', async () => {
    const findings = async (...args: Parameters<typeof deploy>) => {
      const { status, json } = await deploy(...args);
      expect(status).toBe(422);
      return JSON.stringify(json);
    };
    const custom = onnxModel({
      inputs: [{ name: 'x', shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
      nodes: [{ op: 'Launch', domain: 'my.ops', inputs: ['x'], outputs: ['y'] }],
    });
    expect(await findings('a', custom)).toContain('needs custom operators (my.ops.Launch); none can be added');
    const outside = onnxModel({
      inputs: [{ name: 'x', shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      tensor: [[1, 1], [2, 1], [8, 'w'], [13, [[1, 'location'], [2, '../../../etc/passwd']]], [14, 1]],
    }); // biome-ignore format: dims, data_type, name, external_data, data_location
    expect(await findings('a', outside)).toContain('keeps weights in other files (w)');
    expect(await findings('a', Buffer.from('not a model'))).toContain('is no ONNX model');
    expect(await findings('a', linear().subarray(0, 100))).toContain('is no ONNX model');
    const unknown = onnxModel({
      inputs: [{ name: 'x', shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
      nodes: [{ op: 'Frobnicate', inputs: ['x'], outputs: ['y'] }],
    });
    expect(await findings('a', unknown)).toContain('onnxruntime does not load it');
    const names = { takes: { features: { names: ['a', 'b'] } } };
    expect(await findings('a', linear(), operations({ f: names }))).toContain('2 features want an input of the shape');
    const labels = { gives: { labels: { names: ['x', 'y', 'z'] } } };
    expect(await findings('a', linear(), operations({ f: labels }))).toContain('there are 3 names for the 2 scores');
    expect(await findings('a', linear(), operations({ f: { takes: { imagine: {} } } }))).toContain(
      'Known: bytes, text',
    );
    expect(await findings('a', linear(), operations({ f: { takes: { image: { widht: 2 } } } }))).toContain('unknown');
    const nowhere = { takes: { text: { tokenizer: 'tokenizer.json' } } };
    expect(await findings('a', linear(), operations({ f: nowhere }))).toContain('tokenizer.json cannot be read');
  });

  it('limits hold, and a warm one answers on', async () => {
    const limits = { limits: { memory: '192Mi', cpu: '20s' } };
    await deployed('dear', dear(12), { ...limits });
    await deployed('dear-warm', dear(12), { ...limits, isolation: 'warm', model: { threads: 2 } });
    for (const service of ['dear', 'dear-warm']) {
      expect((await post(`${service}/predict`, { size: [3, 3] })).json).toEqual({ y: 0 });
      const tooMuch = await post(`${service}/predict`, { size: [20_000, 20_000] });
      expect(tooMuch.json, tooMuch.text).toMatchObject({ code: 'out-of-memory' });
      const slow = await node.request('POST', `/v1/services/${service}/predict`, {
        json: { size: [2_500, 2_500] },
        headers: { 'crank-deadline': '300ms' },
      });
      expect(slow.json).toMatchObject({ code: 'timeout' });
      expect((await post(`${service}/predict`, { size: [3, 3] })).json).toEqual({ y: 0 });
    }
  });

  it('whoever goes away ends the call', async () => {
    const cancelled = async () => {
      const path = '/v1/calls?service=dear&limit=50';
      const { json } = await node.request<{ calls: { outcome: string }[] }>('GET', path);
      return json.calls.filter(({ outcome }) => outcome === 'cancelled').length;
    };
    expect(await cancelled()).toBe(0);
    // Where it left before its call was one, it goes away again, later.
    for (let wait = 200; (await cancelled()) === 0 && wait < 10_000; wait *= 2) {
      const away = AbortSignal.timeout(wait);
      const json = { size: [2_500, 2_500] };
      const gone = await node
        .request('POST', '/v1/services/dear/predict', { json, signal: away })
        .catch(() => undefined);
      expect(gone?.text).toBeUndefined();
      for (let tries = 0; tries < 50 && (await cancelled()) === 0; tries++)
        await new Promise((tick) => setTimeout(tick, 50));
    }
    expect(await cancelled()).toBe(1);
  });

  runtimeContract(row, () => node);

  it('changed models hurt nobody but themselves', async () => {
    const model = linear();
    let seed = 20_261_126;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const changed = Array.from({ length: Number(process.env['CRANK_TEST_MUTATIONS'] ?? 40) }, () => {
      const bytes = Buffer.from(model);
      for (let n = 1 + random(3); n > 0; n--) bytes[random(bytes.length)] = random(256);
      return random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
    });
    const pid = node.pid();
    let next = 0;
    const counts = { deployed: 0, refused: 0 };
    const worker = async () => {
      for (let at = next++; at < changed.length; at = next++) {
        const answer = await deploy(`mutant-${at % 2}-${at}`, changed[at]!);
        expect([201, 422], answer.text).toContain(answer.status);
        counts[answer.status === 201 ? 'deployed' : 'refused']++;
        // What it gives is its own affair: that something is answered is ours.
        if (answer.status === 201) {
          const called = await post(`mutant-${at % 2}-${at}/predict`, { x: [[1, 2, 4]] });
          expect(called.status).not.toBe(503);
          expect(called.json['code']).not.toBe('internal');
        }
      }
    };
    await Promise.all([worker(), worker()]);
    expect(counts.refused).toBeGreaterThan(0);
    expect(node.pid()).toBe(pid);
    expect((await post('linear/predict', { x: [[1, 2, 4]] })).json).toEqual({ scores: [[4.5, 15.5]] });
  });
});

/** A PNG of 2 by 2 pixels of red, green and blue (RFC 2083). */
const png = (pixels: readonly (readonly number[])[]): Buffer => {
  const chunk = (type: string, body: Buffer): Buffer => {
    const whole = Buffer.concat([Buffer.from(type), body]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
    ends[0].writeUInt32BE(body.length);
    ends[1].writeUInt32BE(crc32(whole));
    return Buffer.concat([ends[0], whole, ends[1]]);
  };
  const head = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  const rows = Buffer.from([0, ...pixels[0]!, ...pixels[1]!, 0, ...pixels[2]!, ...pixels[3]!]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
