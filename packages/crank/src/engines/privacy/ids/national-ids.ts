import { wordsOf } from '../context.ts';
import type { Detector } from '../finding.ts';
import { createLayouts } from '../layouts.ts';
import { africaMiddleEast } from './africa-middle-east.ts';
import { asiaPacific } from './asia-pacific.ts';
import { britishIsles } from './british-isles.ts';
import { easternEurope } from './eastern-europe.ts';
import { latinAmerica } from './latin-america.ts';
import { northAmerica } from './north-america.ts';
import { northernEurope } from './northern-europe.ts';
import type { Scheme } from './scheme.ts';
import { southernEurope } from './southern-europe.ts';
import { westernEurope } from './western-europe.ts';

const schemes: readonly Scheme[] = [
  ...northAmerica,
  ...latinAmerica,
  ...britishIsles,
  ...westernEurope,
  ...southernEurope,
  ...northernEurope,
  ...easternEurope,
  ...asiaPacific,
  ...africaMiddleEast,
];

/** What words near a valid number make of its score. */
const NAMED = 0.95;
/** Codes are written in capitals: where they are not, only words make them sure. */
const SMALL = 0.3;

const known = schemes.map((scheme) => ({ ...scheme, near: wordsOf(scheme.words) }));
const layouts = createLayouts(
  known.flatMap((scheme) => Object.entries(scheme.layouts).map(([layout, score]) => ({ layout, to: scheme, score }))),
);

/** National identity, tax and insurance numbers of persons. */
export const nationalIds: Detector = {
  types: schemes.map(({ type }) => type),
  needs: /\d\d/,
  *find(subject) {
    for (const { to, start, end, plain, score } of layouts(subject.text)) {
      const code = plain.toUpperCase();
      if (!to.valid(code)) continue;
      const named = subject.near(start, end, to.near);
      yield { type: to.type, start, end, score: named ? NAMED : code === plain ? score : Math.min(score, SMALL) };
    }
  },
};
