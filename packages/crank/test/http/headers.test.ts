import { describe, expect, it } from 'vitest';
import { attachment } from '#src/doors/http/answer/content-disposition.ts';
import { readCallHeaders } from '#src/doors/http/request/call-headers.ts';
import { bodyKind } from '#src/doors/http/request/media-type.ts';
import { prefersEvents } from '#src/doors/http/request/prefers-events.ts';

describe('headers', () => {
  it.each([
    ['application/json', { type: 'json' }],
    ['Application/JSON; charset="UTF-8"', { type: 'json' }],
    ['application/vnd.x+json', { type: 'json' }],
    ['application/json; charset=latin1', { type: 'other' }],
    ['text/plain', { type: 'other' }],
    ['application/json;;', { type: 'other' }],
    [undefined, { type: 'none' }],
    ['multipart/form-data; boundary=a', { type: 'multipart', boundary: 'a' }],
    ['multipart/form-data; boundary="a b"', { type: 'multipart', boundary: 'a b' }],
    ['multipart/form-data', { type: 'other' }],
    [`multipart/form-data; boundary=${'a'.repeat(71)}`, { type: 'other' }],
    ['multipart/form-data; boundary="a\r\nb"', { type: 'other' }],
  ])('content type %j', (text, kind) => {
    expect(bodyKind(text)).toEqual(kind);
  });

  it.each([
    ['5s', 5_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5s', 1_500],
  ])('deadline %s', (text, ms) => {
    expect(readCallHeaders({ 'crank-deadline': text }).deadlineMs).toBe(ms);
  });

  it.each([
    [{ 'crank-deadline': '5' }],
    [{ 'crank-deadline': '-5s' }],
    [{ 'crank-deadline': '0s' }],
    [{ 'crank-deadline': '1e3s' }],
    [{ 'crank-deadline': `${'9'.repeat(400)}s` }],
    [{ 'idempotency-key': '' }],
    [{ 'idempotency-key': 'a b' }],
    [{ 'idempotency-key': 'é' }],
    [{ 'idempotency-key': 'x'.repeat(256) }],
    [{ 'crank-tags': 'x'.repeat(1025) }],
    [{ 'crank-tags': 'a\u0007' }],
  ])('refuses %j', (headers) => {
    expect(() => readCallHeaders(headers)).toThrow(expect.objectContaining({ code: 'malformed-request' }));
  });

  it.each([
    ['text/event-stream', true],
    ['text/event-stream, */*;q=0.1', true],
    ['application/x-ndjson, text/event-stream;q=0.5', false],
    ['text/event-stream;q=0', false],
    ['*/*', false],
    [undefined, false],
  ])('accept %j: events %s', (accept, events) => {
    expect(prefersEvents(accept)).toBe(events);
  });

  it.each([
    ['a.txt', 'attachment; filename="a.txt"'],
    ['é.txt', 'attachment; filename="_.txt"; filename*=UTF-8\'\'%C3%A9.txt'],
    ['a"\r\nx: y', 'attachment; filename="a___x: y"; filename*=UTF-8\'\'a%22%0D%0Ax%3A%20y'],
    ['\ud800', 'attachment; filename="_"; filename*=UTF-8\'\'%EF%BF%BD'],
    ['', 'attachment; filename="file"'],
  ])('a file called %j', (name, header) => {
    expect(attachment(name)).toBe(header);
  });
});
