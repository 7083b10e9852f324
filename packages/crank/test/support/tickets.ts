import { drawFrom } from '#src/engines/distill/random.ts';

/** Letters to a shop, made up from parts: what tests of distillation have for data. Their labels are true by construction. */
export const TICKET_LABELS = ['billing', 'delivery', 'fault'] as const;

const PARTS: readonly (readonly [openings: readonly string[], middles: readonly string[]])[] = [
  [
    [
      'I was charged twice for',
      'The invoice is wrong for',
      'Please refund',
      'My credit card shows a payment for',
      'The price differs from the offer for',
    ],
    [
      'the amount on my bill is too high',
      'I want my money back',
      'VAT is missing on the receipt',
      'the bank took it two times',
      'send me a corrected invoice',
    ],
  ],
  [
    [
      'I still wait for',
      'The parcel never arrived with',
      'When will you ship',
      'The courier lost',
      'Tracking has not moved for',
    ],
    [
      'the driver left it with a neighbour',
      'the address on the label is not mine',
      'it was due last week',
      'the carrier says it is in customs',
      'nobody rang at my door',
    ],
  ],
  [
    [
      'The screen stays black on',
      'It does not switch on:',
      'There is a crack in',
      'An error code appears on',
      'The battery is dead in',
    ],
    [
      'I tried to restart it and nothing happens',
      'it makes a strange noise',
      'it overheats after a minute',
      'the button broke off',
      'the update did not help',
    ],
  ],
];
const THINGS = [
  'my new kettle',
  'the laptop',
  'a desk lamp',
  'the headphones',
  'this printer',
  'the vacuum cleaner',
  'a watch',
  'the camera',
  'the blender',
  'our router',
];
const GREETINGS = ['Hello,', 'Good morning.', 'Dear team,', 'Hi there!', ''];
const ENDINGS = [
  'Thanks, Ann',
  'Regards',
  'Please answer soon.',
  'I am not happy with this.',
  'Best wishes from Leeds',
  'Yours, Tom',
];
const ASIDES = [
  'I ordered it on the 3rd.',
  'My order number is {n}.',
  'I have been a customer for {n} years.',
  'It was a gift for my mother.',
  'I called you yesterday already.',
  '',
];

export interface Ticket {
  text: string;
  label: number;
}

/** @param seed the same tickets for the same */
export const tickets = (count: number, seed: number): Ticket[] => {
  const draw = drawFrom(seed);
  const one = (items: readonly string[]): string => items[Math.floor(draw() * items.length)]!;
  return Array.from({ length: count }, () => {
    const label = Math.floor(draw() * PARTS.length);
    const [openings, middles] = PARTS[label]!;
    const aside = one(ASIDES).replace('{n}', String(Math.floor(draw() * 90_000)));
    const text = [one(GREETINGS), `${one(openings)} ${one(THINGS)},`, `${one(middles)}.`, aside, one(ENDINGS)].join(
      ' ',
    );
    return { text: text.replace(/ +/g, ' ').trim(), label };
  });
};
