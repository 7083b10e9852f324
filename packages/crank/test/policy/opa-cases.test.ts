import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { OpaCase } from '../../../../bench/opa-cases/read.ts';
import { runCases } from '../../../../bench/opa-cases/run.ts';
import { opaPath } from './opa.ts';

// `npm run bench -- opa-cases FOLDER` runs them all.
const { cases } = JSON.parse(
  readFileSync(new URL('../../../../vectors/policy/opa-cases.json', import.meta.url), 'utf8'),
) as { cases: OpaCase[] };

it.skipIf(opaPath === undefined)("passes a sample of OPA's own cases", async () => {
  const outcomes = await runCases(opaPath!, cases);
  expect(outcomes.size).toBe(cases.length);
  expect([...outcomes].filter(([, { end }]) => end !== 'passed').map(([{ note }, outcome]) => [note, outcome])).toEqual(
    [],
  );
});
