import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = new URL('../src/', import.meta.url);

/** The package's modules as JavaScript, by file name. */
export const modules = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [name, stripTypeScriptTypes(readFileSync(new URL(name, folder), 'utf8'))]),
  );

/** The package as one classic script that sets `crankVerify`: what a bundler would make. */
export const bundle = (): string => {
  const bodies = Object.entries(modules()).map(([name, source]) => {
    const names: string[] = [];
    const body = source
      .replaceAll(/export \{([^}]*)\} from '\.\/([^']+)';/g, (_, list: string, from: string) => {
        const given = list.split(',').flatMap((one) => one.trim() || []);
        return given.map((one) => `exports.${one} = load('${from}').${one};`).join('\n');
      })
      .replaceAll(/import \{([^}]*)\} from '\.\/([^']+)';/g, "const {$1} = load('$2');")
      .replaceAll(
        /export (const|class|function|async function|async function\*) (\w+)/g,
        (_, kind: string, one: string) => {
          names.push(one);
          return `${kind} ${one}`;
        },
      );
    return `'${name}': (exports) => {\n${body}\n${names.map((one) => `exports.${one} = ${one};`).join('\n')}\n}`;
  });
  return `'use strict';
const made = {};
const sources = {${bodies.join(',\n')}};
const load = (name) => {
  if (made[name] === undefined) sources[name]((made[name] = {}));
  return made[name];
};
globalThis.crankVerify = load('index.ts');`;
};

const BROWSERS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** A Chromium on this machine, or undefined. */
export const chromium = (): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(':')
    .flatMap((path) => BROWSERS.map((name) => join(path, name)))
    .find(existsSync);

/**
 * Runs a module in a browser, with this package at `/verify/index.ts`, and gives what it posts to `/done`.
 *
 * @param files further things that the page may fetch, by path
 */
export const inBrowser = async (
  program: string,
  script: string,
  files: Readonly<Record<string, string>>,
): Promise<unknown> => {
  const sources = modules();
  let done: (text: string) => void = () => undefined;
  const posted = new Promise<string>((resolve) => {
    done = resolve;
  });
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/done') {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        response.end();
        done(text);
      });
      return;
    }
    const module = path.startsWith('/verify/') ? sources[path.slice('/verify/'.length)] : undefined;
    if (path === '/')
      response.setHeader('content-type', 'text/html').end(`<!doctype html><script type="module">${script}</script>`);
    else if (module !== undefined) response.setHeader('content-type', 'text/javascript').end(module);
    else if (files[path] !== undefined) response.setHeader('content-type', 'application/json').end(files[path]);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const profile = mkdtempSync(join(tmpdir(), 'crank-browser-'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(
    program,
    ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${profile}`, url],
    { stdio: 'ignore', detached: true },
  );
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with code ${code} before the page was done`)));
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  try {
    return JSON.parse(await Promise.race([posted, ended])) as unknown;
  } finally {
    ended.catch(() => undefined);
    // Debian's is a script, whose browser would outlive it.
    if (child.pid !== undefined) killGroup(child.pid);
    await gone;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
};

/** @param leader the process that the group is named after; the group may be gone by now */
const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
