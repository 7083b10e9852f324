import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../../crank/test/support/node.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-headless-shell', '/usr/bin/google-chrome'].find(existsSync);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Ignored by git: to be looked at. */
const SHOTS = path('./shots');
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const SHOP = `"""Orders, to be tried in a browser."""
from dataclasses import dataclass
from typing import Literal
import time
from crank_platform import context

@dataclass
class Item:
    name: str
    price: float

def order(item: Item, count: int = 2, size: Literal["s", "m"] = "m") -> dict[str, float]:
    """What an order costs.

    Args:
        count: How many.
    """
    print("ordering", item.name)
    return {"total": item.price * count}

def fail(text: str) -> int:
    raise ValueError(text)

def slow(steps: int = 200) -> int:
    for step in range(steps):
        context.progress(step / steps, f"step {step + 1}")
        time.sleep(0.1)
    return steps
`;

const PAGES = {
  home: '/',
  services: '/services',
  service: '/services/shop/order',
  deploy: '/deploy',
  calls: '/calls',
  jobs: '/calls/jobs',
  receipts: '/receipts',
  usage: '/usage',
  keys: '/settings/keys',
  policies: '/settings/policies',
  budgets: '/settings/budgets',
  secrets: '/settings/secrets',
};

// Skipped where there is no Chromium: `apt-get install chromium`.
describe.skipIf(CHROMIUM === undefined)('the console in a browser', () => {
  let node: TestNode;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the page complained of: an answer that is an error is written there by the browser, a fault of ours otherwise. */
  const complaints: string[] = [];

  const listen = (to: Page): void => {
    to.on('pageerror', ({ message }) => complaints.push(message));
    to.on('console', (said) => {
      if (said.type() === 'error' && !said.text().startsWith('Failed to load resource')) complaints.push(said.text());
    });
  };
  const signIn = async (to: Page, key: string): Promise<void> => {
    await to.goto(node.url);
    await to.getByLabel('API key').fill(key);
    await to.getByRole('button', { name: 'Sign in' }).click();
    await to.getByRole('heading', { level: 1 }).filter({ hasNotText: 'Crank' }).waitFor();
  };
  const seen = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

  beforeAll(async () => {
    execFileSync(process.execPath, [path('../../../tools/console.ts')]);
    mkdirSync(SHOTS, { recursive: true });
    node = await startNode();
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    listen(page);
  });
  afterAll(async () => {
    await browser?.close();
    await node?.remove();
  });

  it('is there for browsers, and for nobody else, under a policy that lets nothing else in', async () => {
    const { status, headers } = await node.request('GET', '/services/shop', { headers: { accept: 'text/html' } });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    const program = await node.request('GET', '/services/shop', { headers: { accept: '*/*' } });
    expect(program.status).toBe(404);
    const index = await node.request('GET', '/', { headers: { accept: 'text/html' } });
    const [asset] = /\/assets\/[\w-]+\.js/.exec(index.text)!;
    expect((await node.request('GET', asset)).headers.get('cache-control')).toContain('immutable');
    expect((await node.request('GET', '/assets/..%2Findex.html')).status).toBe(404);
  });

  it('refuses a wrong key with a reason, and keeps a right one out of addresses', async () => {
    await page.goto(node.url);
    await page.getByLabel('API key').fill('crk_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('unauthenticated').waitFor();
    await signIn(page, node.key);
    await page.reload();
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    expect(page.url()).toBe(`${node.url}/`);
  });

  it('deploys what is given, after showing what was found', async () => {
    await page.goto(`${node.url}/deploy`);
    await page
      .getByLabel('Source files')
      .setInputFiles({ name: 'shop.py', mimeType: 'text/x-python', buffer: Buffer.from('def broken(:') });
    await page.getByRole('alert').getByText('not-deployable').waitFor();
    await page
      .getByLabel('Source files')
      .setInputFiles({ name: 'shop.py', mimeType: 'text/x-python', buffer: Buffer.from(SHOP) });
    await page.getByRole('cell', { name: 'order' }).first().waitFor();
    expect((await node.request('GET', '/v1/services/shop')).status).toBe(404);
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('link', { name: 'Open shop' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
  });

  it('calls with the generated form, and verifies the receipt against what was sent and answered', async () => {
    await page.goto(`${node.url}/services/shop/order`);
    await page.getByLabel('name text').fill('lamp');
    await page.getByLabel('price number').fill('not a price');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await seen('This is no number.');
    await page.getByLabel('price number').fill('2.5');
    await page.getByLabel('count').fill('3');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await seen('Receipt verified in this browser');
    await seen('7.5');
    await seen('ordering lamp');
    await page.screenshot({ path: `${SHOTS}/result.png`, fullPage: true });
  });

  it('says what a script failed with, and whose fault it is', async () => {
    await page.goto(`${node.url}/services/shop/fail`);
    await page.getByLabel('text').first().fill('out of lamps');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('alert').getByText('out of lamps').first().waitFor();
    await seen('script-error');
    await seen('Receipt verified in this browser');
  });

  it('follows a job, and cancels it', async () => {
    await page.goto(`${node.url}/services/shop/slow`);
    await page.getByLabel(/As a job/).check();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await seen(/^step \d+/);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('alert').getByText('cancelled').first().waitFor();
    await page.goto(`${node.url}/calls/jobs`);
    await page.getByRole('cell', { name: 'cancelled' }).waitFor();
  });

  it('judges receipt files: one that holds, and one that somebody changed', async () => {
    const { calls } = (await node.request<{ calls: { id: string; outcome: string }[] }>('GET', '/v1/calls')).json;
    const { id } = calls.find(({ outcome }) => outcome === 'ok')!;
    const file = Buffer.from((await node.request('GET', `/v1/receipts/${id}`)).text);
    await page.goto(`${node.url}/receipts`);
    const give = (name: string, buffer: Buffer) =>
      page.getByLabel('Receipt file').setInputFiles({ name, mimeType: 'application/json', buffer });
    await give('good.json', file);
    await seen('This receipt holds');
    await page.screenshot({ path: `${SHOTS}/receipt.png`, fullPage: true });
    const json = JSON.parse(file.toString()) as { envelope: { payload: string } };
    const payload = Buffer.from(json.envelope.payload, 'base64').toString().replace('"shop"', '"shot"');
    json.envelope.payload = Buffer.from(payload).toString('base64');
    await give('changed.json', Buffer.from(`${JSON.stringify(json)}\n`));
    await page.getByRole('alert').getByText('signature', { exact: true }).waitFor();
    await page.goto(`${node.url}/calls/${id}`);
    await seen('This receipt holds');
    await page.screenshot({ path: `${SHOTS}/call.png`, fullPage: true });
  });

  it('tries a policy on past calls, applies it, and sets a budget that is reached', async () => {
    await page.goto(`${node.url}/settings/policies`);
    await page
      .getByRole('textbox', { name: 'A new bundle' })
      .fill(
        'package crank.authz\nimport rego.v1\ndeny contains "not for sale" if {\n\tinput.action == "service.call"\n\tinput.resource.operation == "fail"\n}\n',
      );
    await page.getByRole('button', { name: 'Try it on past calls' }).click();
    await seen('1 would be denied');
    await page.getByRole('button', { name: 'Apply' }).click();
    await seen(/^In force as/);
    await page.goto(`${node.url}/services/shop/fail`);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('alert').getByText('not for sale').first().waitFor();
    await page.goto(`${node.url}/settings/budgets`);
    await page.getByRole('textbox', { name: 'Calls' }).fill('1');
    await page.getByRole('button', { name: 'Set a budget' }).click();
    await page.getByRole('cell', { name: 'The account' }).first().waitFor();
    await page.goto(`${node.url}/services/shop/order`);
    for (const _ of [1, 2]) {
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('heading', { name: /^(?:Result|It failed)$/ }).waitFor();
      await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    }
    await page.getByRole('alert').getByText('budget-exhausted').waitFor();
  });

  it('can be used by keys alone', async () => {
    await page.goto(node.url);
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('shop.order');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    await page.getByRole('tab', { name: 'Run' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'Code', selected: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await seen('from crank_platform import Client');
  });

  it('shows a caller no pages of administration', async () => {
    const { key } = (
      await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'someone', role: 'caller' } })
    ).json;
    const other = await browser.newContext();
    try {
      const tab = await other.newPage();
      listen(tab);
      await signIn(tab, key);
      const names = await tab.getByRole('navigation').getByRole('link').allTextContents();
      expect(names).toEqual(['Home', 'Services', 'Calls', 'Jobs', 'Receipts', 'Usage']);
      await tab.goto(`${node.url}/settings/keys`);
      await tab.getByText('The role caller may not key.read').waitFor();
    } finally {
      await other.close();
    }
  });

  it('has no serious fault that axe-core finds on any page, light and dark, and fits a phone', async () => {
    const found: string[] = [];
    for (const [name, at] of Object.entries(PAGES)) {
      await page.setViewportSize({ width: 1280, height: 860 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(node.url + at);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page
        .getByText(/^(?:Loading|Adding up|Asking for)/)
        .first()
        .waitFor({ state: 'detached' });
      await page.evaluate(AXE);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const wrong = (await page.evaluate(
          `axe.run({ runOnly: ${colorScheme === 'light' ? `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']` : `['color-contrast']`} }).then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
        )) as string[];
        found.push(...wrong.map((one) => `${name}, ${colorScheme}: ${one}`));
        await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}.png` });
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 390, height: 780 });
      await page.screenshot({ path: `${SHOTS}/${name}-phone.png` });
      const wide = (await page.evaluate('document.documentElement.scrollWidth')) as number;
      if (wide > 390) found.push(`${name}: ${wide} pixels wide on a phone`);
    }
    expect(found).toEqual([]);
    const dark = (await page
      .emulateMedia({ colorScheme: 'dark' })
      .then(() => page.evaluate('getComputedStyle(document.documentElement).backgroundColor'))) as string;
    expect(dark).toBe('rgb(19, 21, 22)');
  });

  it('said nothing of faults of its own meanwhile, nor of its policy', () => {
    expect(complaints).toEqual([]);
  });
});
