import { DatabaseSync } from 'node:sqlite';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBucket } from '#src/store/bucket.ts';
import { openBucket } from '#src/store/objects.ts';
import { buildBucket, credentials, startBucket, type TestBucket } from '../support/bucket.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder('bucket');
const program = `${folder.path}/program`;
const env = { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };

/** The files of the log in a bucket of an S3 service that checks signatures (needs Go). */
describe.skipIf(!buildBucket(program))('a log in a bucket', () => {
  let service: TestBucket;
  let node: TestNode;
  let place: string;
  let origin: string;
  let vkey: string;
  const objects = () => openBucket(parseBucket(place, env));
  const call = async (): Promise<string> => {
    const answer = await node.request('POST', '/v1/services/echo/echo', { json: { text: 'x' } });
    expect(answer.status).toBe(200);
    return answer.headers.get('crank-call')!;
  };
  const published = async (): Promise<number> =>
    Number((await node.request('GET', '/log/checkpoint')).text.split('\n')[1]);
  const follows = (size: number): Promise<void> =>
    expect.poll(published, { timeout: 60_000 }).toBeGreaterThanOrEqual(size);

  beforeAll(async () => {
    service = await startBucket(program);
    place = `s3://logs/crank?endpoint=${service.endpoint}`;
    node = await startNode({ ...env, CRANK_LOG_STORE: place });
    vkey = (await node.request('GET', '/log/vkey')).text.trim();
    origin = vkey.split('+')[0]!;
    await node.deploy('echo', { 'echo.py': 'def echo(text: str) -> str:\n    return text\n' });
  }, 120_000);
  afterAll(async () => {
    await node?.remove();
    await service?.stop();
    folder.remove();
  });

  it('is served, proves receipts and verifies as from a folder', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 300; i++) ids.push(await call());
    await follows(300);
    for (const id of [ids[0]!, ids[299]!]) {
      const { text } = await node.request('GET', `/v1/receipts/${id}`);
      expect((await verifyReceipt(text, { vkeys: [vkey] })).id).toBe(id);
    }
    const keys = await objects().list(`${origin}/`);
    expect(keys).toContain(`${origin}/checkpoint`);
    expect(keys).toContain(`${origin}/tile/0/000`);
    expect(keys).toContain(`${origin}/tile/entries/000`);
    // One partial of each tile, the widest.
    expect(keys.filter((key) => key.includes('/tile/0/001.p/'))).toHaveLength(1);
    expect(keys.filter((key) => key.includes('000.p/'))).toHaveLength(1); // of level 1
    const tile = await fetch(`${node.url}/log/tile/0/000`);
    expect(new Uint8Array(await tile.arrayBuffer())).toEqual(await objects().get(`${origin}/tile/0/000`));
    const verified = await node.crank(['log', 'verify']);
    expect(verified.code, verified.stderr).toBe(0);
  });

  it('mends what is missing at the edge when the node starts', async () => {
    const before = await published();
    await node.stop();
    for (const key of (await objects().list(`${origin}/`)).filter(
      (one) => one.includes('.p/') || one.endsWith('checkpoint'),
    ))
      await objects().delete(key);
    await node.start();
    await call();
    await follows(before + 1);
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
  });

  it('falls behind while the service does not answer, keeps no call from its receipt, and catches up', async () => {
    const before = await published();
    service.pause();
    const id = await call();
    const receipt = await node.request('GET', `/v1/receipts/${id}`);
    expect((await verifyReceipt(receipt.text, { vkeys: [vkey] })).id).toBe(id);
    await expect.poll(() => node.said(), { timeout: 60_000 }).toContain('could not be brought up to date');
    service.resume();
    await call();
    await follows(before + 2);
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
  });

  it('finds what somebody changed in the bucket', async () => {
    const key = `${origin}/tile/entries/000`;
    const bytes = (await objects().get(key))!;
    const changed = bytes.slice();
    changed[100]! ^= 1;
    await objects().put(key, changed);
    const verified = await node.crank(['log', 'verify']);
    expect(verified.code).toBe(5);
    expect(verified.stdout + verified.stderr).toContain('tile/entries/000');
    await objects().put(key, bytes);
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
  });

  it('does not start a node whose database is behind what is published, or that may not read it', async () => {
    await node.stop();
    const wrong = await node.crank(['up', '--port', '0'], { env: { AWS_SECRET_ACCESS_KEY: 'another' } });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toContain('SignatureDoesNotMatch');
    const none = await node.crank(['up', '--port', '0'], { env: { AWS_SECRET_ACCESS_KEY: '' } });
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('AWS_SECRET_ACCESS_KEY');
    const db = new DatabaseSync(`${node.data}/crank.db`);
    db.exec('delete from log_entries; delete from logs');
    db.close();
    const forked = await node.crank(['up', '--port', '0']);
    expect(forked.code).not.toBe(0);
    expect(forked.stderr).toContain('Start with a new log');
  });

  it('lists more keys than one page has, with names that need escapes', async () => {
    const names = Array.from({ length: 1_100 }, (_, i) => `many/${i} ä&+#?`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name) => objects().put(name, 'x')));
    expect((await objects().list('many/')).sort()).toEqual(names.sort());
    expect(await objects().get(names[7]!)).toEqual(new Uint8Array(Buffer.from('x')));
    await objects().delete(names[7]!);
    expect(await objects().get(names[7]!)).toBeUndefined();
    await objects().delete(names[7]!);
    const elsewhere = openBucket(parseBucket(place.replace('//logs', '//none'), env));
    await expect(elsewhere.put('a', 'b')).rejects.toThrow(/no such bucket|refused/);
  });
});

describe('the place of a log in a bucket', () => {
  it.each([
    ['http://logs/x', 'does not begin with s3://'],
    ['s3://L/x', 'cannot be a bucket'],
    ['s3://logs/x?regio=eu', 'unknown option'],
    ['s3://logs/x?endpoint=ftp://a', 'no HTTP address'],
  ])('is refused: %s', (text, why) => {
    expect(() => parseBucket(text, env)).toThrow(why);
  });

  it('is read from the location first, then from the variables of AWS', () => {
    const made = parseBucket('s3://logs/a/b/?region=eu-central-1', {
      ...env,
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: 'https://s3.example/',
      AWS_SESSION_TOKEN: 't',
    });
    expect(made).toMatchObject({
      bucket: 'logs',
      prefix: 'a/b/',
      region: 'eu-central-1',
      endpoint: 'https://s3.example',
    });
    expect(made.credentials).toMatchObject({ sessionToken: 't' });
    expect(parseBucket('s3://logs', { ...env, AWS_REGION: 'us-west-2' })).toMatchObject({
      prefix: '',
      region: 'us-west-2',
    });
  });
});
