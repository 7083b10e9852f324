import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '#src/core/service.ts';
import type { AppliedBundle } from '#src/engines/policy/bundle.ts';
import { createPolicyEngine, type PolicyEngine, type PolicyEngineOptions } from '#src/engines/policy/engine.ts';
import { outputFields, redact } from '#src/engines/policy/redact.ts';
import { apply, compile, opaPath } from './opa.ts';
import { as, callRequest } from './requests.ts';

const vision = readFileSync(join(import.meta.dirname, 'fixtures/vision.rego'), 'utf8');

/** Runs away where the content says so, and only there. */
const runaway = `package crank.loop
deny contains "slow" if {
	r := numbers.range(1, input.content.n)
	count([1 | some a in r; some b in r; some c in r; a * b == c]) < 0
}`;

describe.skipIf(opaPath === undefined)('createPolicyEngine with applied bundles', () => {
  let engine: PolicyEngine | undefined;
  afterEach(() => engine?.close());
  const start = async (bundles: readonly AppliedBundle[], options: PolicyEngineOptions = {}): Promise<PolicyEngine> => {
    // Far more time than any rule here needs, so that a busy machine fails no test; runaways set their own.
    engine = createPolicyEngine({ deadlineMs: 20_000, ...options });
    await engine.setBundles('acme', bundles);
    return engine;
  };
  const output = (text: string, changes = {}) => ({ ...callRequest(changes), output_fields: outputFields(text) });

  it("grants a network by the bundles of the service's account, where it is asked for", async () => {
    const bundle = apply(
      await compile(
        'package crank.egress\nallow contains "api.example.org:443" if input.network[_] == "api.example.org:443"',
      ),
    );
    const engine = await start([bundle]);
    const asking = callRequest({ network: ['api.example.org:443'] });
    expect(await engine.decideInput(asking)).toMatchObject({
      allow: true,
      egress: ['api.example.org:443'],
      obligations: ['egress:api.example.org:443'],
      bundles: { 'crank.egress': bundle.digest },
    });
    expect(await engine.decideInput(callRequest({ network: ['other.org:443'] }))).not.toHaveProperty('egress');
    // Nobody is asked about a call that wants none, nor a caller's account about a service of another.
    expect(await engine.decideInput(callRequest())).toMatchObject({ allow: true, bundles: {} });
    const elsewhere = { ...asking, resource: { ...asking.resource, account: 'other' } };
    expect(await engine.decideInput(elsewhere)).not.toHaveProperty('egress');
  });

  it('a grant that is no destination denies', async () => {
    const engine = await start([apply(await compile('package crank.egress\nallow := ["everything"]'))]);
    expect(await engine.decideInput(callRequest({ network: ['api.example.org:443'] }))).toMatchObject({
      allow: false,
      reasons: [expect.stringContaining('"everything" is not of the form host:port')],
    });
  });

  it('redacts by the rule of the vision', async () => {
    const bundle = apply(await compile(vision));
    const engine = await start([bundle]);
    expect(engine.decidesOutput('acme', 'words')).toBe(true);
    const text = '{"name":"ann","contact":"ann@example.org","n":9007199254740993,"list":[1.0,"b@c"]}';
    const { decision, redact: pointers } = await engine.decideOutput(output(text));
    expect(decision).toMatchObject({
      point: 'output',
      allow: true,
      bundles: { 'crank.privacy': bundle.digest },
      obligations: ['redact:2'],
      reasons: [],
    });
    expect(redact(text, pointers)).toBe(
      '{"name":"ann","contact":"[redacted]","n":9007199254740993,"list":[1.0,"[redacted]"]}',
    );
  });

  it('requires resources by the rule of the vision', async () => {
    const engine = await start([apply(await compile(vision))]);
    const decision = await engine.decideInput(callRequest({ content: { sensitivity: 'confidential' } }));
    expect(decision).toMatchObject({
      allow: true,
      obligations: ['encryption:AES-256', 'cpus:2'],
      limits: { ...defaultLimits, memoryBytes: 4 * 2 ** 30 },
      cpus: 2,
    });
    expect(Object.keys(decision.bundles)).toEqual(['crank.privacy', 'crank.default']);
    const other = await engine.decideInput(callRequest({ content: { sensitivity: 'public' } }));
    expect(other).toMatchObject({ allow: true, obligations: [], limits: defaultLimits });
    expect(other.cpus).toBeUndefined();
  });

  it('denies what requires more CPUs than this node has', async () => {
    const engine = await start([apply(await compile(vision))], { cpus: 1 });
    const decision = await engine.decideInput(callRequest({ content: { sensitivity: 'confidential' } }));
    expect(decision).toMatchObject({ allow: false, reasons: ['2 CPUs are required, and this node has 1'] });
  });

  it('denies what requires more than there is', async () => {
    const engine = await start([apply(await compile(vision.replace('4Gi', '1Ti')))]);
    const decision = await engine.decideInput(callRequest({ content: { sensitivity: 'confidential' } }));
    expect(decision).toMatchObject({ allow: false, by: 'platform' });
    expect(decision.reasons).toEqual(['memory of 1048576 MiB is required, and the most there is are 8192 MiB']);
  });

  it('lets a deny rule deny, with its reason, whatever the default allows', async () => {
    const rego =
      'package crank.authz\ndeny contains sprintf("%s rests", [input.principal.name]) if input.action == "service.call"';
    const engine = await start([apply(await compile(rego))]);
    const decision = await engine.authorise(callRequest());
    expect(decision).toMatchObject({ allow: false, by: 'applied', reasons: ['ann rests'] });
    expect(Object.keys(decision.bundles)).toEqual(['crank.default', 'crank.authz']);
    expect(decision.limits).toBeUndefined();
    expect(await engine.authorise(callRequest({ action: 'service.read' }))).toMatchObject({
      allow: true,
      limits: defaultLimits,
    });
  });

  it('lets an allow rule narrow and never widen', async () => {
    const engine = await start([
      apply(await compile('package crank.authz\nallow if input.resource.operation == "count"')),
    ]);
    expect((await engine.authorise(callRequest())).allow).toBe(true);
    const other = callRequest({ resource: { ...callRequest().resource, operation: 'sum' } });
    expect((await engine.authorise(other)).reasons).toEqual(['policy crank.authz does not allow it']);
    const auditor = await engine.authorise(callRequest({ principal: as('auditor') }));
    expect(auditor).toMatchObject({ allow: false, by: 'platform' });
  });

  it('locks nobody out of policy itself', async () => {
    const engine = await start([apply(await compile('package crank.authz\ndeny contains "never" if true'))]);
    const request = { action: 'policy.remove', principal: as('owner'), resource: { type: 'policy', account: 'acme' } };
    expect((await engine.authorise(request)).allow).toBe(true);
    expect((await engine.authorise({ ...request, action: 'key.create' })).allow).toBe(false);
  });

  it('asks the bundles of the account, of the service, and of a caller from elsewhere', async () => {
    const tell = await compile('package crank.tell\ndeny contains "x" if input.content.x');
    const engine = await start([
      apply(tell),
      apply(tell, 'acme', 'service:words'),
      apply(tell, 'acme', 'service:other'),
    ]);
    await engine.setBundles('rival', [apply(tell, 'rival'), apply(tell, 'rival', 'service:words')]);
    const bundles = async (request = callRequest()) => Object.keys((await engine.decideInput(request)).bundles);
    expect(await bundles()).toEqual(['crank.tell', 'crank.tell@service:words']);
    expect(await bundles(callRequest({ principal: as('caller', 'rival') }))).toEqual([
      'crank.tell',
      'crank.tell@service:words',
      'crank.tell@account:rival',
    ]);
    expect(await bundles(callRequest({ resource: { type: 'operation', account: 'third', service: 'words' } }))).toEqual(
      ['crank.tell@account:acme'],
    );
  });

  it('denies where rules conflict, and decides the next', async () => {
    const rego =
      'package crank.clash\nlevel := 1 if input.content.a\nlevel := 2 if input.content.b\ndeny contains "high" if level > 1';
    const engine = await start([apply(await compile(rego))]);
    const decide = async (content: object) => await engine.decideInput(callRequest({ content }));
    const clash = await decide({ a: true, b: true });
    expect(clash).toMatchObject({ allow: false, by: 'applied' });
    expect(clash.reasons[0]).toMatch(/^policy crank\.clash could not decide: policy\.rego:3:.*conflict/);
    expect((await decide({ a: true })).allow).toBe(true);
    expect((await decide({ b: true })).reasons).toEqual(['high']);
  });

  it('denies when a rule runs away, and decides the next', async () => {
    const engine = await start([apply(await compile(runaway)), apply(await compile(vision))], { deadlineMs: 250 });
    const [ran, after] = await Promise.all([
      engine.decideInput(callRequest({ content: { n: 4000 } })),
      engine.decideInput(callRequest({ content: { n: 2 } })),
    ]);
    expect(ran.allow).toBe(false);
    expect(ran.reasons).toContain('policy crank.loop could not decide: it did not answer within 250 ms');
    expect(after.allow).toBe(true);
  });

  it('denies where a built-in is asked for more than it makes, rather than not asking the rule', async () => {
    const many = 'package crank.many\ndeny contains "last" if 7 in numbers.range_step(1, input.content.n, 1)';
    const engine = await start([apply(await compile(many))]);
    expect((await engine.decideInput(callRequest({ content: { n: 3 } }))).allow).toBe(true);
    expect((await engine.decideInput(callRequest({ content: { n: 9 } }))).reasons).toEqual(['last']);
    const { allow, reasons } = await engine.decideInput(callRequest({ content: { n: 2_000_000 } }));
    expect([allow, reasons[0]]).toEqual([false, expect.stringContaining('policy crank.many could not decide')]);
  });

  it('keeps one account from holding up another', async () => {
    const engine = await start([apply(await compile(runaway))], { deadlineMs: 3000 });
    await engine.setBundles('calm', [apply(await compile(vision), 'calm')]);
    const order: string[] = [];
    const calm = callRequest({
      principal: as('caller', 'calm'),
      resource: { type: 'operation', account: 'calm', service: 's' },
    });
    await Promise.all([
      Promise.resolve(engine.decideInput(callRequest({ content: { n: 4000 } }))).then(() => order.push('runaway')),
      Promise.resolve(engine.decideInput(calm)).then(() => order.push('calm')),
    ]);
    expect(order).toEqual(['calm', 'runaway']);
  });

  it('stops asking a bundle that runs away again and again', async () => {
    const engine = await start([apply(await compile(runaway))], { deadlineMs: 50 });
    for (let i = 0; i < 3; i++) await engine.decideInput(callRequest({ content: { n: 4000 } }));
    const { allow, reasons } = await engine.decideInput(callRequest({ content: { n: 2 } }));
    expect([allow, reasons[0]]).toEqual([false, expect.stringContaining('ran away 3 times in a row')]);
  });

  it('denies when a rule needs more memory than there is, and decides the next', async () => {
    const rego = 'package crank.big\ndeny contains "x" if count(numbers.range(1, input.content.n)) < 0';
    const engine = await start([apply(await compile(rego))], { deadlineMs: 20_000, memoryBytes: 8 * 2 ** 20 });
    const decide = async (n: number) => await engine.decideInput(callRequest({ content: { n } }));
    const { allow, reasons } = await decide(10_000_000);
    expect([allow, reasons.length]).toEqual([false, 1]);
    expect((await decide(10)).allow).toBe(true);
  });

  it('denies an output that it cannot see whole', async () => {
    const engine = await start([apply(await compile(vision))]);
    const { decision, redact: pointers } = await engine.decideOutput(output(JSON.stringify(Array(10_001).fill('a@b'))));
    expect(decision).toMatchObject({ allow: false, by: 'applied' });
    expect(decision.reasons[0]).toContain('it has more than 10000 fields');
    expect(pointers).toEqual([]);
  });

  it('denies an input that is too large to look at', async () => {
    const engine = await start([apply(await compile(vision))]);
    const decision = await engine.decideInput(callRequest({ content: { text: 'x'.repeat(5 * 2 ** 20) } }));
    expect(decision).toMatchObject({ allow: false, by: 'applied' });
  });

  it('denies what a policy says in a form nobody understands', async () => {
    const rego = `package crank.bad
required_resources contains {"gpu": "1"} if input.content.gpu
redact_pii contains "contact" if input.output_fields`;
    const engine = await start([apply(await compile(rego))]);
    const decision = await engine.decideInput(callRequest({ content: { gpu: true } }));
    expect(decision.allow).toBe(false);
    expect(decision.reasons[0]).toMatch(/^policy crank\.bad could not decide: gpu: "1" is required/);
    const { decision: onOutput, redact: pointers } = await engine.decideOutput(output('{"contact":"a@b"}'));
    expect([onOutput.allow, pointers]).toEqual([false, []]);
  });

  it('sees strings with every character, and values as they were written', async () => {
    const rego =
      'package crank.seen\ndeny contains f.path if { some f in input.output_fields; f.value == data.wanted }';
    const wanted = 'a\u0000"\\\u001f\u{1f600}é\u2028';
    const engine = await start([apply(await compile(rego, JSON.stringify({ wanted })))]);
    const { decision } = await engine.decideOutput(output(JSON.stringify({ a: [wanted, `${wanted}x`] })));
    expect(decision.reasons).toEqual(['/a/0']);
  });

  it('changes bundles without failing a call, and keeps the old where the new do not load', async () => {
    const engine = await start([apply(await compile('package crank.a\ndeny contains "old" if input.content.x'))]);
    const fresh = apply(await compile('package crank.a\ndeny contains "new" if input.content.x'));
    const reasons = async () => (await engine.decideInput(callRequest({ content: { x: 1 } }))).reasons.join();
    const before = Array.from({ length: 20 }, reasons);
    const change = engine.setBundles('acme', [fresh]);
    const during = Array.from({ length: 20 }, reasons);
    await change;
    expect(new Set(await Promise.all([...before, ...during]))).toEqual(new Set(['old']));
    expect(await reasons()).toBe('new');
    await expect(engine.setBundles('acme', [{ ...fresh, wasm: fresh.wasm.slice(0, 1000) }])).rejects.toMatchObject({
      code: 'not-deployable',
    });
    await expect(engine.setBundles('acme', [{ ...fresh, data: '{"x":' }])).rejects.toMatchObject({
      code: 'not-deployable',
    });
    expect(await reasons()).toBe('new');
    await engine.setBundles('acme', []);
    expect(await reasons()).toBe('');
  });

  it('keeps deciding for more accounts than it keeps threads', async () => {
    const bundle = await compile('package crank.a\ndeny contains input.resource.account if input.content.x');
    const engine = await start([], { mostThreads: 2 });
    const accounts = ['a', 'b', 'c', 'd'];
    for (const account of accounts) await engine.setBundles(account, [apply(bundle, account)], { lazy: true });
    const decide = async (account: string) =>
      (
        await engine.decideInput(
          callRequest({
            principal: as('caller', account),
            resource: { type: 'operation', account },
            content: { x: 1 },
          }),
        )
      ).reasons.join();
    expect(await Promise.all([...accounts, ...accounts].map(decide))).toEqual([...accounts, ...accounts]);
    expect(await Promise.all(accounts.map(decide))).toEqual(accounts);
  });
});
