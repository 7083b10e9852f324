import type { JsonSchema, Operation } from '#src/core/service.ts';
import { typeName } from '#src/core/type-name.ts';
import type { ServiceInfo } from '#src/platform/services.ts';
import { argumentSchema } from '../request/schema-types.ts';
import { curlExample } from '../view/operation-example.ts';
import { operationsOf } from '../view/service-view.ts';
import { type Html, html } from './html.ts';

/** Nothing runs or loads here but the page's own script and style. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The documentation page.
 *
 * @param services those that the caller may see; undefined for a stranger, who is asked for a key
 */
export const docsPage = (base: string, node: string, services: readonly ServiceInfo[] | undefined): string =>
  `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Crank: services of this node</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/page.js" defer></script>
</head>
<body>
<header><h1>Crank</h1><p>Services of <code>${node}</code></p>
<form id="key"><label for="key-text">API key</label> <input id="key-text" type="password" autocomplete="off" spellcheck="false" placeholder="crk_…"> <button>Show services</button> <button type="button" id="forget" hidden>Forget key</button> <span id="said" role="status"></span></form>
</header>
<main>${services === undefined ? intro(base) : list(base, services)}</main>
<footer><a href="/openapi.json">OpenAPI</a> <a href="/llms.txt">llms.txt</a> <a href="/log/checkpoint">log checkpoint</a> <a href="/metrics">metrics</a></footer>
</body>
</html>
`.text
  }`;

const intro = (base: string): Html => html`
<section><h2>How to begin</h2>
<p>A key tells whose services these are: give one above, or send it with every request. <code>crank up</code> writes the owner's key to <code>owner.key</code> in its data folder.</p>
${code(`curl ${base}/v1/services -H "Authorization: Bearer $CRANK_KEY"`)}
<p>Deploy a script: each public function becomes an operation, typed by its annotations.</p>
${code(`curl ${base}/v1/services -H "Authorization: Bearer $CRANK_KEY" -F file=@words.py`)}
<p>Every call is authenticated, decided by policy, run in a sandbox, measured, and answered with a signed receipt. The answer names it in <code>Crank-Receipt</code>; <code>crank receipt verify FILE</code> checks it offline.</p>
</section>`;

const list = (base: string, services: readonly ServiceInfo[]): Html =>
  services.length === 0
    ? html`<section><h2>No services yet</h2><p>Deploy one:</p>${code(`curl ${base}/v1/services -H "Authorization: Bearer $CRANK_KEY" -F file=@words.py`)}</section>`
    : html`<nav aria-label="Services"><ul>${services.map(
        ({ name, manifest }) => html`
<li><a href="#${name}">${name}</a><ul>${operationsOf(manifest).map(
          (operation) => html`<li><a href="#${name}.${operation.name}">${operation.name}</a></li>`,
        )}</ul></li>`,
      )}
</ul></nav>
<div>${services.map((service) => serviceSection(base, service))}</div>`;

const serviceSection = (base: string, { name, version, created, manifest }: ServiceInfo): Html => html`
<section id="${name}"><h2>${name}</h2>
${manifest.description && html`<p class="about">${manifest.description}</p>`}
<p class="facts">Version <code title="${version}">${version.replace('sha256:', '').slice(0, 12)}</code>, deployed ${created.slice(0, 16).replace('T', ' ')} UTC; ${Object.keys(manifest.tools ?? {}).join(', ') || (manifest.runtime === 'node' ? 'Node' : `Python ${manifest.python}`)}, isolation ${manifest.isolation}, at most ${manifest.limits.wallMs / 1000} s and ${manifest.limits.memoryBytes / 2 ** 20} MiB${manifest.network ? `; asks for a network: ${manifest.network.join(', ')}` : ''}</p>
${operationsOf(manifest).map((operation) => operationSection(base, name, operation))}
</section>`;

const RESULTS: Readonly<Record<Operation['result'], string>> = {
  json: 'JSON',
  file: 'a file',
  stream: 'a stream of JSON lines',
};

const operationSection = (base: string, service: string, operation: Operation): Html => html`
<article id="${service}.${operation.name}"><h3><code>${operation.name}</code></h3>
${operation.description && html`<p class="about">${operation.description}</p>`}
${parameterTable(operation)}
<p class="facts">Gives ${operation.contentType ?? RESULTS[operation.result]}${operation.result !== 'file' && html`: ${typeName(operation.output)}`}</p>
${code(curlExample(base, service, operation))}
<details><summary>Schemas</summary><h4>Input</h4>${schemaText(operation.input)}<h4>Output</h4>${schemaText(operation.output)}</details>
</article>`;

const parameterTable = ({ input, files }: Operation): Html => {
  const names = typeof input === 'object' ? Object.keys((input['properties'] ?? {}) as object) : [];
  if (names.length === 0)
    return html`<p class="facts">${takesMore(input) ? 'Takes a JSON object.' : 'Takes no arguments.'}</p>`;
  const required = typeof input === 'object' && Array.isArray(input['required']) ? (input['required'] as string[]) : [];
  return html`<table><thead><tr><th scope="col">Argument</th><th scope="col">Type</th><th scope="col">What</th></tr></thead><tbody>${names.map(
    (name) => {
      const schema = argumentSchema(input, name);
      const about = typeof schema === 'object' ? schema : {};
      return html`
<tr><td><code>${name}</code>${!required.includes(name) && html` <small>optional</small>`}</td><td>${files.includes(name) ? 'file' : typeName(schema)}</td><td>${String(about['description'] ?? '')}${Object.hasOwn(about, 'default') && html` <small>default <code>${JSON.stringify(about['default'])}</code></small>`}</td></tr>`;
    },
  )}</tbody></table>`;
};

const takesMore = (input: JsonSchema): boolean => typeof input !== 'object' || input['additionalProperties'] !== false;

const code = (text: string): Html =>
  html`<div class="code"><pre><code>${text}</code></pre><button type="button" class="copy">Copy</button></div>`;

const schemaText = (schema: JsonSchema): Html => html`<pre><code>${JSON.stringify(schema, null, 2)}</code></pre>`;
