import { createServer, type IncomingMessage, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '#src/core/service.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import { createPolicyEngine } from '#src/engines/policy/engine.ts';
import { type DecisionEvent, eventOf } from '#src/platform/decision-log/decision-event.ts';
import { DecisionLog } from '#src/platform/decision-log/decision-log.ts';
import { Delivery } from '#src/platform/decision-log/delivery.ts';
import { loggedEngine } from '#src/platform/decision-log/logged-engine.ts';
import { applyMask, redactPayload } from '#src/platform/decision-log/mask-event.ts';
import { TooLarge } from '#src/platform/decision-log/sinks.ts';

const request = (content?: unknown): PolicyRequest => ({
  action: 'service.call',
  principal: { id: 'key_1', name: 'ann', kind: 'user', account: 'acme', role: 'caller' },
  resource: { type: 'operation', account: 'acme', service: 'words' },
  limits: { ...defaultLimits },
  ...(content !== undefined && { content }),
});
const decision = (id = 'dec_1'): Decision => ({
  id,
  point: 'input',
  allow: true,
  bundles: { 'crank.privacy': 'sha256:aa' },
  obligations: [],
  reasons: [],
});
const event = (content: unknown, payloads = true): DecisionEvent =>
  eventOf(request(content), decision(), 1.5, { payloads, labels: { id: 'node' } });

describe('a logged engine', () => {
  it('notes what was asked for, and not what a list shows', async () => {
    const noted: PolicyRequest[] = [];
    const bare = createPolicyEngine();
    const engine = loggedEngine(bare, { note: (asked: PolicyRequest) => noted.push(asked) } as unknown as DecisionLog);
    expect(await engine.wouldAuthorise(request())).toMatchObject({ allow: true });
    expect(noted).toEqual([]);
    expect(await engine.authorise(request())).toMatchObject({ allow: true });
    expect(noted).toEqual([request()]);
    await bare.close();
  });
});

describe('events', () => {
  it('have what OPA has', () => {
    const { timestamp, ...made } = event({ text: 'x' });
    expect(Date.parse(timestamp)).not.toBeNaN();
    expect(made).toMatchObject({
      labels: { id: 'node' },
      decision_id: 'dec_1',
      bundles: { 'crank.privacy': { revision: 'sha256:aa' } },
      path: 'crank/input',
      input: { point: 'input', action: 'service.call', content: { text: 'x' } },
      result: { allow: true, reasons: [] },
      requested_by: 'key_1',
      metrics: { timer_server_handler_ns: 1_500_000 },
      nd_builtin_cache: {},
    });
    expect(made.erased).toBeUndefined();
  });

  it('have no arguments where these are not wanted, and never an output', () => {
    expect(event({ text: 'x' }, false)).toMatchObject({ erased: ['/input/content'] });
    expect(JSON.stringify(event({ text: 'secret' }, false))).not.toContain('secret');
    const output = { ...request({ text: 'x' }), output_fields: [{ path: '', value: 'hidden' }] };
    const made = eventOf(output, decision(), 1, { payloads: true, labels: {}, redact: ['/a'] });
    expect(made.erased).toEqual(['/input/output_fields']);
    expect(made.result).toMatchObject({ redact: ['/a'] });
    expect(JSON.stringify(made)).not.toContain('hidden');
  });

  it('have no files, and no personal data that is found', () => {
    const made = event({ files: [{ name: 'a/b', base64: 'QUJD' }], note: 'write to ann@example.org', n: 3 });
    redactPayload(made);
    expect((made.input as PolicyRequest).content).toEqual({
      files: [{ name: 'a/b' }],
      note: 'write to a***@e***.org',
      n: 3,
    });
    expect([made.erased, made.masked]).toEqual([['/input/content/files/0/base64'], ['/input/content']]);
  });
});

describe('masks', () => {
  it('erase and replace what they name', () => {
    const made = event({ card: '1', 'a/b': { c: 2 }, list: [1, 2] });
    const wrong = applyMask(made, [
      '/input/content/card',
      { op: 'upsert', path: '/input/content/a~1b/c', value: '***' },
      { op: 'remove', path: '/input/content/list/0' },
      '/input/content/not/there',
    ]);
    expect(wrong).toBeUndefined();
    expect((made.input as PolicyRequest).content).toEqual({ 'a/b': { c: '***' }, list: [null, 2] });
    expect(made.erased).toEqual(['/input/content/card', '/input/content/list/0']);
    expect(made.masked).toEqual(['/input/content/a~1b/c']);
  });

  it.each([['/input'], [[7]], [['/decision_id']], [[{ op: 'move', path: '/input' }]], [[null]]])(
    'of another form erase all: %j',
    (masks) => {
      const made = event({ card: '1' });
      expect(applyMask(made, masks)).toBeDefined();
      expect([made.input, made.result, made.erased]).toEqual([undefined, undefined, ['/input', '/result']]);
    },
  );
});

describe('delivery', () => {
  const sink = (answers: (Error | undefined)[], got: string[][]) => ({
    name: 'there',
    write: async (events: readonly string[]) => {
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
      got.push([...events]);
    },
  });

  it('goes on until it arrives, in order', async () => {
    const got: string[][] = [];
    const settled: string[] = [];
    const warned: string[] = [];
    const delivery = new Delivery(
      sink([new Error('no')], got),
      (one) => settled.push(one),
      (text) => warned.push(text),
    );
    for (const one of ['1', '2', '3']) delivery.add(one);
    expect(await delivery.close(10_000)).toBe(0);
    expect(got).toEqual([['1', '2', '3']]);
    expect(settled).toEqual(['1', '2', '3']);
    expect(warned).toEqual(['3 decisions wait for there: no']);
  });

  it('sends half where it is too much at once, and gives up what is too large alone', async () => {
    const got: string[][] = [];
    const warned: string[] = [];
    const tooLarge = [new TooLarge('413'), new TooLarge('413')];
    const delivery = new Delivery(
      sink(tooLarge, got),
      () => undefined,
      (text) => warned.push(text),
    );
    for (const one of ['1', '2', '3']) delivery.add(one);
    expect(await delivery.close(10_000)).toBe(0);
    expect(got.flat()).toEqual(['2', '3']);
    expect(warned).toEqual(['a decision of 1 characters is too large for there, and is lost there']);
  });

  it('counts what it could not deliver', async () => {
    const failing = Array.from({ length: 100 }, () => new Error('no'));
    const delivery = new Delivery(
      sink(failing, []),
      () => undefined,
      () => undefined,
    );
    delivery.add('1');
    delivery.add('2');
    expect(await delivery.close(1)).toBe(2);
  });
});

describe('the log', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

  const listen = async (answer: (request: IncomingMessage, events: DecisionEvent[]) => number): Promise<string> => {
    server = createServer((incoming, outgoing) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        const events = JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as DecisionEvent[];
        outgoing.writeHead(answer(incoming, events)).end();
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  };
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => void logged.push(line) });

  it('posts arrays to /logs with its token, and again where that failed', async () => {
    const seen: { path: string | undefined; authorization: string | undefined; ids: string[] }[] = [];
    const url = await listen(({ url: path, headers }, events) => {
      const ids = events.map(({ decision_id }) => decision_id);
      seen.push({ path, authorization: headers.authorization, ids });
      return seen.length === 1 ? 503 : 200;
    });
    const decisions = new DecisionLog({
      url: `${url}/opa`,
      token: 't',
      folder: undefined,
      payloads: false,
      labels: {},
      log,
    });
    for (const id of ['dec_1', 'dec_2']) decisions.note(request(), decision(id), 1);
    await decisions.close();
    expect(seen[0]).toMatchObject({ path: '/opa/logs', authorization: 'Bearer t' });
    expect(seen.slice(1).flatMap(({ ids }) => ids)).toEqual(['dec_1', 'dec_2']);
  });

  it('drops what does not fit, and says so', async () => {
    const ids: string[] = [];
    const url = await listen((_, events) => {
      ids.push(...events.map(({ decision_id }) => decision_id));
      return 200;
    });
    logged.length = 0;
    const options = { url, token: undefined, folder: undefined, payloads: false, labels: {}, log, mostWaiting: 1_500 };
    const decisions = new DecisionLog(options);
    for (const id of ['dec_1', 'dec_2', 'dec_3', 'dec_4']) decisions.note(request(), decision(id), 1);
    await decisions.close();
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThan(4);
    const dropped = logged.map((line) => JSON.parse(line) as { dropped?: number; lost?: number });
    expect(dropped.reduce((sum, { dropped: some = 0, lost = 0 }) => sum + some + lost, 0)).toBe(4 - ids.length);
  });
});
