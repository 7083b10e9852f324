import { describe, expect, it } from 'vitest';
import { isPersonalType, personalTypes } from '#src/core/personal-data.ts';
import { classifyRules, redactObligation, redactRules } from '#src/engines/policy/interpret-privacy.ts';
import { allTypes, typeNames } from '#src/engines/privacy/detect.ts';

describe('redact rules', () => {
  it('are read with what they leave out, and told in receipts', () => {
    const rules = redactRules(
      [
        { detect: ['phone', 'email', 'email'], action: 'mask' },
        { detect: 'card', action: 'tokenise', fields: '/customer/*', min_score: 0.8 },
        { fields: '/name', action: 'drop' },
      ],
      'acme',
    );
    expect(rules.map(redactObligation)).toEqual([
      'redact:email,phone:mask',
      'redact:card:tokenise:/customer/*:0.8',
      'redact::drop:/name',
    ]);
    expect(rules.every(({ account }) => account === 'acme')).toBe(true);
    expect(redactRules(undefined, 'acme')).toEqual([]);
  });

  it.each([
    [['email'], 'is no object'],
    [[{ detect: ['emial'], action: 'mask' }], 'is none of email'],
    [[{ detect: [], action: 'mask' }], 'names no type'],
    [[{ detect: ['email'], action: 'hide' }], 'is none of mask'],
    [[{ action: 'mask' }], 'neither detect nor fields'],
    [[{ fields: 'name', action: 'mask' }], 'no JSON Pointer'],
    [[{ detect: ['email'], action: 'mask', min_score: 2 }], 'no number from 0 to 1'],
    [[{ detect: ['email'], action: 'mask', field: '/x' }], 'field is unknown'],
    [Array(101).fill({ detect: ['email'], action: 'mask' }), 'more than 100'],
  ])('%j: %s', (value, why) => {
    expect(() => redactRules(value, 'acme')).toThrow(why);
  });
});

describe('classify rules', () => {
  it('are a label, one for what is found, or a field', () => {
    expect(
      classifyRules([{ label: 'internal' }, { label: 'restricted', detect: ['card'] }, { field: '/sensitivity' }]),
    ).toEqual([
      { label: 'internal' },
      { label: 'restricted', detect: ['card'] },
      { label: undefined, field: '/sensitivity' },
    ]);
  });

  it.each([
    [[{ label: 'secret' }], 'is none of public'],
    [[{ detect: ['card'] }], 'not one of label and field'],
    [[{ field: '/x', label: 'public' }], 'not one of label and field'],
    [[{ field: '/x', detect: ['card'] }], 'both field and detect'],
  ])('%j: %s', (value, why) => {
    expect(() => classifyRules(value)).toThrow(why);
  });
});

describe('the catalogue of types', () => {
  it('is what the detectors find', () => {
    expect(typeNames.slice(0, personalTypes.length).sort()).toEqual([...personalTypes].sort());
    expect([...typeNames, ...allTypes].every(isPersonalType)).toBe(true);
  });
});
