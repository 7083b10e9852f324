import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { argumentsOf, wrongInMap } from '#src/platform/webhook-arguments.ts';
import { type Delivered, verify, type WebhookKind } from '#src/platform/webhook-verify.ts';

const delivered = (headers: Record<string, string>, body = '', token?: string): Delivered => ({
  ...{ headers, token, body: Buffer.from(body), contentType: 'application/json' },
});

describe('a signature', () => {
  it("GitHub's own example", () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const secret = "It's a Secret to Everybody";
    const good = delivered({ 'x-hub-signature-256': signature }, 'Hello, World!');
    expect(verify('github', secret, good)).toMatchObject({ id: expect.stringMatching(/^body-[0-9a-f]{64}$/) });
    expect(verify('github', secret, delivered({ 'x-hub-signature-256': signature }, 'Hello, World?'))).toBeUndefined();
  });

  it("Standard Webhooks' own example", () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const body = '{"test": 2432232314}';
    expect(verify('standard', secret, delivered(headers, body))).toEqual({
      id: 'id-msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: 1_614_265_330_000,
    });
    const other = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
    expect(verify('standard', secret, delivered(other, body))).toBeDefined();
    for (const [name, value] of [
      ['webhook-id', 'msg_other'],
      ['webhook-timestamp', '1614265331'],
      ['webhook-signature', headers['webhook-signature'].replace('v1,', 'v2,')],
    ] as const)
      expect(verify('standard', secret, delivered({ ...headers, [name]: value }, body)), name).toBeUndefined();
  });

  it("Stripe's, of which any v1 will do, and no other scheme", () => {
    const secret = 'whsec_test_secret';
    const body = '{"id":"evt_1","object":"event"}';
    const hex = createHmac('sha256', secret).update(`1700000000.${body}`).digest('hex');
    const by = (signature: string) => verify('stripe', secret, delivered({ 'stripe-signature': signature }, body));
    expect(by(`t=1700000000,v1=${hex},v0=aaaa`)).toEqual({ id: 'event-evt_1', at: 1_700_000_000_000 });
    expect(by(`t=1700000000,v1=0000,v1=${hex}`)).toBeDefined();
    for (const wrong of ['', `t=1700000000,v0=${hex}`, `t=1700000001,v1=${hex}`, `v1=${hex}`, `t=1700000000`, '=,=,'])
      expect(by(wrong), wrong).toBeUndefined();
  });

  it.each(['token', 'github', 'stripe', 'standard'] satisfies WebhookKind[])('%s: none is refused', (kind) => {
    expect(verify(kind, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', delivered({}))).toBeUndefined();
  });

  it('a token from the address or a header', () => {
    expect(verify('token', 'abc', delivered({}, '', 'abc'))).toEqual({ id: undefined, at: undefined });
    expect(verify('token', 'abc', delivered({ authorization: 'Bearer abc', 'x-delivery-id': '7' }))?.id).toBe('7');
    expect(verify('token', 'abc', delivered({}, '', 'abd'))).toBeUndefined();
  });
});

describe('arguments', () => {
  const text = (map: Record<string, string> | null, body: string, headers = {}) =>
    argumentsOf(map, delivered(headers, body)).toString();
  it('are the payload, or parts of it and of the head, digit for digit where it is whole', () => {
    expect(text(null, '{"a":9007199254740993}')).toBe('{"a":9007199254740993}');
    expect(text({ event: '' }, '{"n":1.0}')).toBe('{"event":{"n":1.0}}');
    const map = { id: '/data/0/id', odd: '/a~1b/~0', kind: 'header:X-Kind', none: '/nothing/there' };
    expect(text(map, '{"data":[{"id":7}],"a/b":{"~":"x"}}', { 'x-kind': 'push' })).toBe(
      '{"id":7,"odd":"x","kind":"push"}',
    );
    const form = { ...delivered({}, 'a=1&b=x%20y'), contentType: 'application/x-www-form-urlencoded' };
    expect(argumentsOf(null, form).toString()).toBe('{"a":"1","b":"x y"}');
  });
  it('no member of a prototype is found', () => {
    expect(text({ x: '/constructor', y: '/__proto__', z: '/list/length' }, '{"list":[]}')).toBe('{"z":0}');
  });
  it('a map of neither is refused', () => {
    expect(wrongInMap({ a: '/ok', b: 'header:x', c: '' })).toBeUndefined();
    for (const bad of ['data.id', '$.x', '/~2', 'header:', 'header:x y'])
      expect(wrongInMap({ a: bad }), bad).toBeDefined();
  });
  it('a payload that is no object is refused where it has to be one', () => {
    expect(() => text(null, '[1]')).toThrow('no JSON object');
    expect(() => text({ a: '' }, '{')).toThrow('not JSON');
  });
});
