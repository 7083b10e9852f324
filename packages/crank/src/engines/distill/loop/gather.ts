import type { Example } from '../examples.ts';
import { suspectsOf } from '../noise.ts';
import { drawFrom, shuffled } from '../random.ts';
import { chooseFirst, chooseNext } from '../select.ts';
import { type FeatureSpec, featuresOf } from '../serving/features.ts';
import type { Split } from '../split.ts';
import { trainOn } from '../train-linear.ts';
import type { Asking } from './asking.ts';

/** An example, and which text it is. */
export interface Gathered extends Example {
  index: number;
}

export interface Labelled {
  train: Gathered[];
  validation: Gathered[];
  test: Gathered[];
  noise: { suspects: number; corrected: number; dropped: number; disagreement: number | undefined };
}

export interface GatherOptions {
  texts: readonly string[];
  labels: readonly string[];
  split: Split;
  spec: FeatureSpec;
  /** Labels that are asked for in all. */
  most: number;
  seed: number;
  progress: (share: number, what: string) => void;
}

const TEST = 0.25;
const VALIDATION = 0.15;
/** Share of all labels that is kept for asking a second time. */
const AGAIN = 0.1;
const EPOCHS = 8;

/**
 * Gets the labels that tell most: at random for what is measured and chosen by, then those that the student of the moment knows
 * least about; then those that it does not believe are asked for in other words. A label on which both wordings agree stays, one
 * on which the second agrees with the student is corrected, any other goes.
 */
export const gather = async (asking: Asking, options: GatherOptions): Promise<Labelled> => {
  const { texts, labels, split, spec, most, seed, progress } = options;
  const index = new Map(labels.map((name, i) => [name, i]));
  const taken = (found: Map<number, string>): Gathered[] =>
    [...found].map(([i, name]) => ({ index: i, text: texts[i]!, label: index.get(name)! }));
  const some = (of: readonly number[], count: number): number[] => shuffled(of, drawFrom(seed)).slice(0, count);
  const again = Math.floor(most * AGAIN);
  const forTest = Math.round((most - again) * TEST);
  const forValidation = Math.round((most - again) * VALIDATION);

  progress(0.02, 'labels for what is held out');
  const test = taken(await asking.label(some(split.test, forTest)));
  const validation = taken(await asking.label(some(split.validation, forValidation)));

  const pool = [...split.train];
  const features = pool.map((i) => featuresOf(spec, texts[i]!));
  const at = new Map(pool.map((i, place) => [i, place]));
  const asked = new Set<number>();
  const train: Gathered[] = [];
  const wanted = Math.min(pool.length, most - again - test.length - validation.length);
  const first = Math.min(wanted, Math.max(8 * labels.length, Math.floor(wanted / 5)));
  while (train.length < wanted && asked.size < wanted && !asking.isExhausted) {
    const count = asked.size === 0 ? first : Math.min(wanted - asked.size, Math.max(10, Math.floor(wanted / 10)));
    const next =
      asked.size === 0
        ? chooseFirst(features, count, seed)
        : chooseNext(
            trainOn(
              train.map((one) => ({ ...features[at.get(one.index)!]!, label: one.label })),
              labels.length,
              spec,
              { seed, epochs: EPOCHS },
            ),
            features,
            asked,
            count,
          );
    if (next.length === 0) break;
    for (const place of next) asked.add(place);
    train.push(...taken(await asking.label(next.map((place) => pool[place]!))));
    progress(0.05 + (0.5 * train.length) / wanted, `${train.length} of ${wanted} labels to learn from`);
  }
  const noise = await doubt(asking, train, labels, spec, again, seed);
  return { ...noise, validation, test };
};

const doubt = async (
  asking: Asking,
  train: readonly Gathered[],
  labels: readonly string[],
  spec: FeatureSpec,
  again: number,
  seed: number,
): Promise<Pick<Labelled, 'train' | 'noise'>> => {
  const suspects = train.length < 5 * labels.length ? [] : suspectsOf(train, labels.length, spec, seed);
  const doubted = new Map(suspects.map((one) => [train[one.index]!.index, one]));
  const second = await asking.label([...doubted.keys()].slice(0, again), 'second');
  let [corrected, dropped, differ] = [0, 0, 0];
  const kept = train.flatMap((one): Gathered[] => {
    const suspect = doubted.get(one.index);
    if (suspect === undefined) return [one];
    const said = second.get(one.index);
    if (said !== undefined && said !== labels[one.label]) differ += 1;
    if (said === labels[one.label]) return [one];
    if (said === labels[suspect.likely]) {
      corrected += 1;
      return [{ ...one, label: suspect.likely }];
    }
    dropped += 1;
    return [];
  });
  const disagreement = second.size === 0 ? undefined : differ / second.size;
  return { train: kept, noise: { suspects: suspects.length, corrected, dropped, disagreement } };
};
