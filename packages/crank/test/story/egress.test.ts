import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { certificate, certificateKey } from '../support/certificate.ts';
import { startNode, type TestNode } from '../support/node.ts';

/** As one writes it without having heard of Crank, in three libraries. */
const SCRIPT = `# /// script
# dependencies = ["requests==2.32.3", "httpx==0.28.1"]
# ///
import ssl
import urllib.request
from pathlib import Path

import httpx
import requests


def with_requests(url: str, ca: Path) -> str:
    return requests.get(url, verify=str(ca), timeout=10).text


def with_httpx(url: str, ca: Path) -> str:
    return httpx.get(url, verify=ssl.create_default_context(cafile=str(ca)), timeout=10).text


def with_urllib(url: str, ca: Path) -> str:
    context = ssl.create_default_context(cafile=str(ca))
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        return answer.read().decode()


def posted(url: str) -> str:
    return requests.post(url, data={"a": "b"}, timeout=10).text


def many(url: str, ca: Path) -> list[str]:
    """Over connections that are used again."""
    with requests.Session() as session:
        session.verify = str(ca)
        return [session.get(f"{url}{n}", timeout=10).text for n in range(3)]


def refused(url: str) -> str:
    try:
        return requests.get(url, timeout=10).text
    except requests.RequestException as problem:
        return str(problem)
`;

interface Problem {
  code: string;
  detail: string;
  reasons: string[];
}
interface Details {
  usage: { egressBytes: number };
  egress: { destination: string; connections: number; sentBytes: number; receivedBytes: number }[];
}
interface Deployed {
  network: string[];
  findings: { message: string }[];
}

describe.skipIf(opaPath === undefined)('a service with a network', () => {
  let node: TestNode;
  const servers: Server[] = [];
  let secure: string;
  let plain: string;
  let elsewhere: string;

  const serving = async (server: Server): Promise<number> => {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const call = (operation: string, url: string, service = 'fetcher') => {
    const form = new FormData();
    form.append('url', url);
    if (operation !== 'refused' && operation !== 'posted') form.append('ca', new Blob([certificate]), 'ca.pem');
    return node.request<Problem>('POST', `/v1/services/${service}/${operation}`, { body: form });
  };
  const grant = (...destinations: string[]) =>
    node.request('POST', '/v1/policies', {
      json: {
        files: [
          {
            path: 'egress.rego',
            text: `package crank.egress\n\n${destinations.map((one) => `allow contains "${one}" if input.resource.service == "fetcher"\n`).join('')}deny contains "not for this" if input.content.url == "https://${secure}/forbidden"\n`,
          },
        ],
      },
    });

  beforeAll(async () => {
    const over = createHttps({ cert: certificate, key: certificateKey }, (request, response) =>
      response.end(`${request.method} ${request.url}`),
    );
    const web = createHttp((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: `http://${elsewhere}/` }).end();
      else
        request
          .setEncoding('utf8')
          .on('data', (text) => response.end(`${request.method} ${text}`))
          .on('end', () => response.end());
    });
    secure = `localhost:${await serving(over)}`;
    plain = `localhost:${await serving(web)}`;
    elsewhere = `localhost:${await serving(createHttp((_, response) => response.end('secret')))}`;
    const open = [secure, plain].flatMap((one) => [
      one,
      one.replace('localhost', '127.0.0.1'),
      one.replace('localhost', '[::1]'),
    ]);
    node = await startNode({ CRANK_EGRESS: open.join(', ') });
  });
  afterAll(async () => {
    await node.remove();
    for (const server of servers) server.close();
  });

  it('is deployed with a remark, and shows what it asks for', async () => {
    const deployed = await node.deploy('fetcher', {
      'fetcher.py': SCRIPT,
      'crank.json': JSON.stringify({ network: [secure, plain] }),
    });
    expect(deployed.status, deployed.text).toBe(201);
    const { network, findings } = deployed.json as unknown as Deployed;
    expect(network).toEqual([secure, plain].sort());
    expect(findings.map(({ message }) => message).join()).toMatch(/asks for a network: .* until that is granted/);
    expect((await node.crank(['describe', 'fetcher'])).stdout).toContain(`asks for a network: ${network.join(', ')}`);
  });

  it('is not called before a policy grants all of it, and the refusal says who is missing', async () => {
    const none = await call('with_requests', `https://${secure}/`);
    expect([none.status, none.json.code]).toEqual([403, 'policy-denied']);
    expect(none.json.reasons).toHaveLength(2);
    expect(none.json.detail).toContain(`allow contains "${secure}"`);
    expect((await grant(secure)).status).toBe(200);
    const half = await call('with_requests', `https://${secure}/`);
    expect(half.json.reasons).toEqual([expect.stringContaining(`grants ${plain}`)]);
    expect((await grant(secure, plain)).status).toBe(200);
  });

  it('reaches it with scripts as they are', async () => {
    for (const operation of ['with_requests', 'with_httpx', 'with_urllib']) {
      const answer = await call(operation, `https://${secure}/${operation}`);
      expect([answer.status, answer.text], operation).toEqual([200, JSON.stringify(`GET /${operation}`)]);
    }
    expect((await call('many', `https://${secure}/`)).json).toEqual(['GET /0', 'GET /1', 'GET /2']);
    expect((await call('posted', `http://${plain}/`)).json).toBe('POST a=b');
  });

  it('says in history and receipt what went where', async () => {
    const answer = await call('many', `https://${secure}/`);
    const id = answer.headers.get('crank-call')!;
    const { egress, usage } = (await node.request<Details>('GET', `/v1/calls/${id}`)).json;
    expect(egress).toEqual([
      { destination: secure, connections: 1, sentBytes: expect.any(Number), receivedBytes: expect.any(Number) },
    ]);
    const [flow] = egress;
    expect(flow!.sentBytes).toBeGreaterThan(500);
    expect(flow!.receivedBytes).toBeGreaterThan(500);
    expect(usage.egressBytes).toBe(flow!.sentBytes + flow!.receivedBytes);
    const receipt = (await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`)).json;
    const { predicate } = JSON.parse(Buffer.from(receipt.envelope.payload, 'base64').toString());
    expect(predicate.egress).toEqual({ destinations: egress, refused: 0 });
    expect(predicate.usage.egressBytes).toBe(usage.egressBytes);
    const { obligations } = predicate.decisions.find(({ point }: { point: string }) => point === 'input');
    expect(obligations).toEqual([secure, plain].sort().map((one) => `egress:${one}`));
    const file = join(node.data, 'receipt.json');
    await node.crank(['receipt', 'get', id, '-o', file]);
    const verified = await node.crank(['receipt', 'verify', file]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining(`egress   ${secure}: `)]);
  });

  it('reaches nothing else, and a policy can deny a call by what it would fetch', async () => {
    for (const url of [`http://${elsewhere}/`, `http://${plain}/away`]) {
      expect((await call('refused', url)).json, url).toMatch(/^This call may not reach localhost/);
    }
    expect((await call('refused', `https://${elsewhere}/`)).json).toMatch(/403 This call may not reach localhost/);
    const denied = await call('with_requests', `https://${secure}/forbidden`);
    expect([denied.json.code, denied.json.reasons]).toEqual(['policy-denied', ['not for this']]);
  });

  it('a module for Node reaches it with fetch and http, and nothing else', async () => {
    const deployed = await node.deploy('fetcher', {
      'main.ts': `
        import http from 'node:http';
        export const posted = async (url: string) => (await fetch(url, { method: 'POST', body: 'a=b' })).text();
        export const got = (url: string) => new Promise<string>((resolve, reject) =>
          http.request(url, { method: 'POST' }, (answer) => answer.on('data', (data) => resolve(String(data)))).on('error', reject).end('c'));
        export const direct = (url: string) => fetch(url, { dispatcher: undefined } as RequestInit).then((answer) => answer.status);
      `,
      'crank.json': JSON.stringify({ network: [secure, plain] }),
    });
    expect(deployed.status, deployed.text).toBe(201);
    const post = async (operation: string, url: string) =>
      (await node.request('POST', `/v1/services/fetcher/${operation}`, { json: { url } })).json;
    expect(await post('posted', `http://${plain}/`)).toBe('POST a=b');
    expect(await post('got', `http://${plain}/`)).toBe('POST c');
    for (const url of [`http://${elsewhere}/`, `http://${plain}/away`])
      expect(await post('direct', url), url).toMatchObject({ code: 'script-error' });
  });

  it('the operator has the last word', async () => {
    const deployed = await node.deploy('wide', {
      'wide.py': 'def f() -> int:\n    return 1\n',
      'crank.json': JSON.stringify({ network: ['api.example.org:443'] }),
    });
    expect(deployed.status).toBe(201);
    const files = [{ path: 'w.rego', text: 'package crank.egress.wide\n\nallow := ["*.example.org:443"]\n' }];
    expect((await node.request('POST', '/v1/policies', { json: { layer: 'service:wide', files } })).status).toBe(200);
    const refused = await node.request<Problem>('POST', '/v1/services/wide/f', { json: {} });
    expect(refused.json.code).toBe('policy-denied');
    expect(refused.json.reasons).toEqual([
      'the operator of this node does not let services reach api.example.org:443: CRANK_EGRESS has to name it',
    ]);
  });
});
