/** What a language model's answer takes, by somebody's published figure. */
export interface LlmFigure {
  what: string;
  joules: number;
  /** What the figure has in it, and what not. */
  boundary: string;
  source: string;
}

/** Published figures, which differ by what they count: none of them is the one. */
export const llmFigures: readonly LlmFigure[] = [
  {
    what: 'median Gemini Apps text prompt, chips only',
    joules: 360,
    boundary: 'active accelerators; no idle machines, CPU, memory or cooling',
    source: 'Google, 2025: 0.10 Wh',
  },
  {
    what: 'median Gemini Apps text prompt',
    joules: 864,
    boundary: 'accelerators, host, idle machines and cooling (PUE 1.09); no network, no training',
    source: 'Google, 2025: 0.24 Wh',
  },
  {
    what: 'typical GPT-4o query',
    joules: 1_080,
    boundary: 'estimate of the whole server and cooling for some 500 tokens; no training',
    source: 'Epoch AI, 2025: 0.3 Wh',
  },
  {
    what: 'Llama 3.1 8B, an answer of 300 tokens',
    joules: 36,
    boundary: 'measured GPU energy under load; no host, no cooling',
    source: 'ML.ENERGY: 0.12 J a token',
  },
];

/** One call beside one figure. */
export interface LlmComparison extends LlmFigure {
  /** How many calls take what the one answer does, from the least to the most that either may be. */
  least: number;
  most: number;
}

/** The widest uncertainty that a receipt states (grade D, docs/energy.md): sums over calls of several grades are no better than their worst. */
const FACTOR = 2;

/** What is in our own figure. */
export const ownBoundary =
  'energy that the processors used for the calls, by their receipts (off by a factor of 2 at most); no idling, cooling, network or embodied carbon';

/**
 * A call's energy beside published figures of an answer by a language model: ranges, by what the call's own figure may be off. Each has the boundary of
 * whoever published it, and a call and an answer are not the same work: which of them compares is the reader's to say.
 *
 * @param joules of a call on average
 * @returns nothing where that is not above 0
 */
export const compareWithLlm = (joules: number): readonly LlmComparison[] =>
  joules > 0
    ? llmFigures.map((figure) => ({
        ...figure,
        least: figure.joules / (joules * FACTOR),
        most: (figure.joules * FACTOR) / joules,
      }))
    : [];
