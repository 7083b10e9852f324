import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { studentToOnnx } from '#src/engines/distill/onnx-student.ts';
import { featuresOf, sequenceOf } from '#src/engines/distill/serving/features.ts';
import { scoresOf, softmax } from '#src/engines/distill/serving/student.ts';
import { train } from '#src/engines/distill/train.ts';
import { ensureUv } from '#src/engines/packaging/ensure-uv.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { TICKET_LABELS, tickets } from '../support/tickets.ts';

const JUDGE = `
import json, sys
import numpy, onnx, onnxruntime
model, inputs, out = sys.argv[1:]
onnx.checker.check_model(onnx.load(model), full_check=True)
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
kinds = {one.name: numpy.int64 if "int64" in one.type else numpy.float32 for one in session.get_inputs()}
answers = [session.run(None, {name: numpy.array([values], kinds[name]) for name, values in one.items()})[0][0].tolist() for one in json.load(open(inputs))]
json.dump(answers, open(out, "w"))
`;

describe('a student as ONNX', { timeout: 180_000 }, () => {
  const folder = temporaryFolder('onnx');
  it("passes ONNX's own checker, and answers in PyPI's onnxruntime what it answers here", async () => {
    const uv = await ensureUv(join(folder.path, 'tools'), () => {}, ['/usr/bin/python3', 'python3']);
    const packages = join(folder.path, 'packages');
    const wanted = ['onnx==1.22.0', 'onnxruntime==1.27.0'];
    execFileSync(uv, ['pip', 'install', '--quiet', '--python', '/usr/bin/python3', '--target', packages, ...wanted]);
    const all = tickets(100, 1);
    const texts = [...tickets(60, 2).map(({ text }) => text), 'x', '№ 12 !', 'ünï cödé '.repeat(400)];
    for (const kind of ['linear', 'cnn'] as const) {
      const { student } = train(all.slice(0, 80), all.slice(80), TICKET_LABELS, { seed: 3, kinds: [kind] });
      const inputs = texts.map((text) => {
        if (student.kind === 'cnn') return { ids: [...sequenceOf(student.features, text)] };
        const { ids, values } = featuresOf(student.features, text);
        return { ids: [...ids], values: [...values] };
      });
      const [model, asked, answered] = ['model.onnx', 'inputs.json', 'answers.json'].map((name) =>
        join(folder.path, name),
      ) as [string, string, string];
      writeFileSync(model, studentToOnnx(student));
      writeFileSync(asked, JSON.stringify(inputs));
      execFileSync('/usr/bin/python3', ['-c', JUDGE, model, asked, answered], { env: { PYTHONPATH: packages } });
      const answers = JSON.parse(readFileSync(answered, 'utf8')) as number[][];
      for (const [i, text] of texts.entries()) {
        const ours = softmax(scoresOf(student, text), student.temperature);
        for (const [c, likely] of ours.entries()) expect(answers[i]![c]).toBeCloseTo(likely, 5);
      }
    }
  });
});
