import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionsIn } from '../examples/sessions.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const run = promisify(execFile);
const services = fileURLToPath(new URL('../../../services', import.meta.url));
const { tools } = JSON.parse(readFileSync(join(services, 'doc', 'builtin.json'), 'utf8')) as {
  tools: Record<string, { files: string[] }>;
};
/** Tools of a list that this machine has not, for the titles of tests that are skipped. */
const lacking = (...wanted: string[]): string[] =>
  wanted.filter((tool) => !tools[tool]!.files.some((file) => existsSync(file)));
const TALK = '# Why\n\nBecause *it* works: **Mister Secret** says so.\n\n| Tool | Pages |\n|---|---|\n| qpdf | 1 |\n';

describe('CrankDoc', () => {
  const folder = temporaryFolder('doc');
  let node: TestNode;

  /** Resolves when the node has said so of its built-in services, or that it failed. */
  const said = async (text: string): Promise<void> => {
    for (;;) {
      if (node.said().includes('could not be deployed')) throw new Error(node.said());
      if (node.said().includes(text)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const call = (operation: string, files: Record<string, [name: string, data: string | Uint8Array]>, fields = {}) => {
    const form = new FormData();
    for (const [part, [name, data]] of Object.entries(files))
      form.append(part, new Blob([data as Uint8Array<ArrayBuffer>]), name);
    for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
    return node.request<{ code: string; detail: string }>('POST', `/v1/services/doc/${operation}`, { body: form });
  };
  const bytes = async (
    operation: string,
    name: string,
    data: string | Uint8Array,
    fields = {},
  ): Promise<Uint8Array> => {
    const form = new FormData();
    form.append('file', new Blob([data as Uint8Array<ArrayBuffer>]), name);
    for (const [field, value] of Object.entries(fields)) form.append(field, String(value));
    const answer = await fetch(`${node.url}/v1/services/doc/${operation}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.key}` },
      body: form,
    });
    const body = new Uint8Array(await answer.arrayBuffer());
    expect(answer.status, `${operation}: ${answer.ok ? '' : Buffer.from(body).toString()}`).toBe(200);
    return body;
  };

  beforeAll(async () => {
    node = await startNode({ CRANK_BUILTIN: 'doc', CRANK_LOG_LEVEL: 'info' });
    await said('a built-in service was deployed');
  }, 120_000);
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it('is there, deployed by the node, and names what it lacks', async () => {
    expect((await node.request('GET', '/v1/services/doc')).text).toContain('CrankDoc');
    const formats = await node.request<{ tools: string[]; missing: { tool: string }[] }>(
      'POST',
      '/v1/services/doc/formats',
      {
        json: {},
      },
    );
    const missing = lacking(...Object.keys(tools));
    expect(formats.json.missing.map(({ tool }) => tool).sort()).toEqual(missing.sort());
    const doctor = await node.crank(['doctor'], { env: { CRANK_BUILTIN: 'doc' } });
    for (const tool of missing) expect(doctor.stdout).toContain(`${tool} is not installed`);
  });

  it('tells what a file is by its bytes, and what is wrong with it', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    const report = async (name: string, data: string | Uint8Array) =>
      (await call('validate', { file: [name, data] })).json as unknown as {
        format: string;
        findings: { code: string }[];
      };
    expect(await report('invoice.pdf', '#!/bin/sh\necho\n')).toMatchObject({
      format: 'script',
      findings: [{ code: 'mismatched-extension' }],
    });
    expect(
      (await report('a.png', Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]))).findings,
    ).toContainEqual(expect.objectContaining({ code: 'polyglot' }));
  });

  it('opens archives in archives, and none that explodes', async () => {
    const tar = join(folder.path, 'a.tgz');
    writeFileSync(join(folder.path, 'a.txt'), 'a');
    await run('tar', ['-czf', tar, '-C', folder.path, 'a.txt']);
    const found = await call('unpack', { file: ['a.tgz', readFileSync(tar)] });
    expect((found.json as unknown as { path: string[] }[]).map(({ path }) => path)).toEqual([['a'], ['a', 'a.txt']]);
    writeFileSync(join(folder.path, 'zeros'), new Uint8Array(160 * 2 ** 20));
    await run('gzip', ['-1', join(folder.path, 'zeros')]);
    const bomb = await call('unpack', { file: ['zeros.gz', readFileSync(join(folder.path, 'zeros.gz'))] });
    expect(bomb.json).toMatchObject({ code: 'invalid-input', detail: expect.stringContaining('bomb') });
  });

  const noMarkup = lacking('pandoc');
  it.skipIf(noMarkup.length > 0)(`converts texts ${noMarkup}`, async () => {
    expect(Buffer.from(await bytes('convert', 'a.md', '*a*\n', { to: 'html' })).toString()).toBe('<p><em>a</em></p>\n');
    // Nothing of the sandbox can be drawn into a document by pandoc.
    const include = '.. include:: /etc/passwd\n';
    expect(Buffer.from(await bytes('convert', 'a.rst', include, { to: 'html' })).toString()).not.toContain('nobody');
  });

  // Schemas name what the tools at hand can do: without them these formats and options are none.
  const noMedia = lacking('pandoc', 'ffmpeg');
  it.skipIf(noMedia.length > 0)(`says what is possible ${noMedia}`, async () => {
    const impossible = await call('convert', { file: ['a.md', '*a*\n'] }, { to: 'wav' });
    expect(impossible.json.detail).toMatch(/^markdown cannot become wav here. It can become: .*docx/);
    expect(impossible.json).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '/to' }] });
    const options = { to: 'html', options: '{"media": {"channels": 1}}' };
    expect((await call('convert', { file: ['a.md', '*a*\n'] }, options)).json.detail).toContain(
      "'media' have no effect",
    );
  });

  const noOffice = lacking('pandoc', 'libreoffice', 'poppler', 'qpdf', 'imagemagick');
  it.skipIf(noOffice.length > 0)(`makes office documents PDF, and takes words out for good ${noOffice}`, async () => {
    const docx = await bytes('convert', 'talk.md', TALK, { to: 'docx' });
    const pdf = await bytes('convert', 'talk.docx', docx, { to: 'pdf' });
    expect(Buffer.from(pdf.subarray(0, 5)).toString()).toBe('%PDF-');
    const form = { terms: '["mister secret"]' };
    const redacted = await bytes('redact', 'talk.pdf', pdf, form);
    const text = (await call('extract_text', { file: ['a.pdf', redacted] })).text;
    expect(text).not.toContain('Secret');
    const clean = await bytes('sanitize', 'talk.docx', docx);
    const report = await call('validate', { file: ['a.docx', clean] });
    expect(report.json).toMatchObject({ format: 'docx', well_formed: true, findings: [] });
    const sheet = await bytes('convert', 'a.csv', 'a,b\n1,2\n', { to: 'xlsx' });
    const tables = await call('tables', { file: ['a.xlsx', sheet] });
    expect(tables.json).toEqual([
      {
        rows: [
          ['a', 'b'],
          ['1', '2'],
        ],
        page: 0,
      },
    ]);
  });

  const { files, sessions } = sessionsIn('doc.md');
  const noExamples = lacking('pandoc', 'libreoffice', 'poppler', 'qpdf', 'imagemagick');
  it.skipIf(noExamples.length > 0)(
    `does what docs/doc.md shows ${noExamples}`,
    async () => {
      expect(sessions.length).toBeGreaterThanOrEqual(3);
      for (const [name, content] of files) writeFileSync(join(folder.path, name), content);
      const env = {
        ...process.env,
        PATH: `${fileURLToPath(new URL('../../bin', import.meta.url))}:${process.env['PATH']}`,
        CRANK_URL: node.url,
        CRANK_DATA: node.data,
      };
      for (const { command, shown } of sessions.flat()) {
        const { stdout } = await run('sh', ['-c', command], { cwd: folder.path, env });
        expect(stdout.trimEnd(), command).toBe(shown);
      }
    },
    180_000,
  );

  it('stays removed where its owner removed it', async () => {
    expect((await node.request('DELETE', '/v1/services/doc')).status).toBe(200);
    await node.stop();
    await node.start();
    await said('a built-in service was left as its owner wants it');
    expect((await node.request('GET', '/v1/services/doc')).status).toBe(404);
  });
});
