import { clustersOf } from '../../packages/crank/src/engines/distill/duplicates.ts';
import { groupSplit, randomSplit, type Split, timeSplit } from '../../packages/crank/src/engines/distill/split.ts';
import { type Mail, spamMails } from './spam-data.ts';

export interface Corpus {
  /** As many as the corpus has. */
  read: number;
  /** One of each cluster of near-duplicates. */
  mails: readonly Mail[];
  splits: Readonly<Record<'random' | 'time' | 'group', Split>>;
}

/** Groups that the group split is tested on: collected from other people, later. */
const SHIFT = new Set(['hard-ham-1', 'spam-2']);
export const SEED = 1;

/** The corpus without near-duplicates, and its three splits. */
export const spamCorpus = (): Corpus => {
  const all = spamMails();
  const clusters = clustersOf(all.map(({ text }) => text));
  const mails = all.filter((_, i) => clusters[i] === i);
  const own = { clusters: mails.map((_, i) => i), seed: SEED };
  return {
    read: all.length,
    mails,
    splits: {
      random: randomSplit(mails.length, own),
      time: timeSplit(
        mails.map(({ time }) => time),
        own,
      ),
      group: groupSplit(
        mails.map(({ group }) => group),
        SHIFT,
        own,
      ),
    },
  };
};

/** A share as per cent. */
export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}%`;
