import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { campaign, type Report } from '../../../../bench/doctests/campaign.ts';
import { collect } from '../../../../bench/doctests/collect.ts';
import { python } from '../packaging/python.ts';
import { startNode, type TestNode } from '../support/node.ts';

const folder = fileURLToPath(new URL('worked-examples', import.meta.url));

/** The short version of `npm run bench -- doctests FOLDER`. */
describe('worked examples in docstrings, called over HTTP', () => {
  let node: TestNode;
  let report: Report;
  beforeAll(async () => {
    node = await startNode();
    const headers = { authorization: `Bearer ${node.key}` };
    report = await campaign(collect(folder, python.path), { folder, url: node.url, headers, allowed: {} });
  });
  afterAll(() => node.remove());

  const those = (outcome: string): string[] =>
    report.judged.filter((each) => each.outcome === outcome).map(({ example }) => example.source);

  it('give the values and the exceptions that they state', () => {
    expect(those('value')).toHaveLength(23);
    expect(those('exception').sort()).toEqual([
      'Basket([]).total()',
      'ordered([1, "a"])',
      'pick([1], 3)',
      'power(1.5, 2)',
      'power(2, -1)',
      'price("pear")',
    ]);
    expect(those('printed')).toEqual(['countdown(0)']);
  });

  it('and whatever does not is named', () => {
    expect(report.judged.filter(({ outcome }) => outcome === 'miss')).toMatchObject([
      { file: 'containers.py', example: { source: 'wrong(1)', value: '3' }, got: '2' },
    ]);
    // An argument that must be given is missing: that is for the platform to say.
    expect(those('refused')).toEqual(['pick([1])']);
    expect(those('not-offered')).toEqual([]);
    expect(those('not-deployed')).toEqual(['thing(1)']);
    expect(report.notDeployed).toEqual([
      { file: 'needs_more.py', why: 'the module a_module_that_nobody_has is not installed' },
    ]);
    expect(report).toMatchObject({ files: 5, deployed: 4 });
  });
});
