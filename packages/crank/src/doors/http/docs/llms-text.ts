import type { ServiceInfo } from '#src/platform/services.ts';
import { curlExample } from '../view/operation-example.ts';
import { operationsOf } from '../view/service-view.ts';

/** What a language model needs to use this node: https://llmstxt.org */
export const llmsText = (base: string, services: readonly ServiceInfo[]): string =>
  [
    '# Crank',
    '',
    '> Scripts as governed services. Every call is authenticated, decided by policy, run in a sandbox without network, measured in CPU, joules, carbon and money, and answered with a signed receipt that verifies offline.',
    '',
    '## How to call',
    '',
    '- Send `Authorization: Bearer <API key or token>` with every request.',
    `- An agent that acts for a user mints a short-lived token with its key: \`POST ${base}/v1/tokens\` with \`{"onBehalfOf": "USER", "scopes": ["service.call:NAME"]}\`.`,
    `- \`POST ${base}/v1/services/{service}/{operation}\`: the body is a JSON object of arguments by parameter name, or multipart/form-data where files are given. The answer is the result as JSON, a file, or lines of JSON (NDJSON).`,
    '- `?version=` takes a digest prefix or alias. `Idempotency-Key` makes a repeat safe; `Crank-Deadline: 5s` bounds the wait.',
    `- What takes long: \`Prefer: respond-async\` answers 202 with \`Location: /v1/jobs/{id}\`; \`${base}/v1/jobs/{id}/events\` tells its progress, \`${base}/v1/jobs/{id}/result\` has the result.`,
    '- `Crank-Classification: confidential` labels the arguments (`public`, `internal`, `confidential`, `restricted`). Values like `tok_...` or `a***@e***.org` in an answer stand for personal data that policy took out.',
    `- \`GET ${base}/v1/search?q=\` finds operations by words, or by \`takes\` and \`gives\`. Over MCP (\`${base}/mcp\`) each operation is a tool.`,
    `- Code that you wrote yourself: \`POST ${base}/v1/run\` with \`{"code": "def double(x: int) -> int: ...", "input": {"x": 2}}\` runs it in a sandbox. \`POST ${base}/v1/run/{Crank-Version}/promote\` with \`{"name"}\` keeps it as a service.`,
    '- Errors are `application/problem+json`: `code` says what, `detail` what to do, `retry` whether to try again (`never`, `after`, `same-key`).',
    '- The header `Crank-Receipt` names the receipt of a call.',
    '',
    '## Documents',
    '',
    `- [OpenAPI 3.1](${base}/openapi.json): every operation with its schemas; send your key to see those of your account`,
    `- [Documentation for people](${base}/docs)`,
    `- [Services as JSON](${base}/v1/services)`,
    `- [Log checkpoint](${base}/log/checkpoint): signed head of the transparency log`,
    '',
    '## Services',
    '',
    ...(services.length === 0
      ? ['None to show: send an API key to see those of its account.', '']
      : services.flatMap((service) => section(base, service))),
  ].join('\n');

const section = (base: string, { name, manifest }: ServiceInfo): string[] => [
  `### ${name}`,
  '',
  ...(manifest.description ? [line(manifest.description), ''] : []),
  ...operationsOf(manifest).flatMap((operation) => [
    `- \`${name}.${operation.name}\`${operation.description ? `: ${line(operation.description)}` : ''}`,
    `  - input: \`${jsonText(operation.input)}\``,
    `  - output (${operation.result}): \`${jsonText(operation.output)}\``,
    `  - example: \`${curlExample(base, name, operation).replace(/ \\\n\s*/g, ' ')}\``,
  ]),
  '',
];

/** JSON that stays within its backquotes. */
const jsonText = (value: unknown): string => JSON.stringify(value).replaceAll('`', '\\u0060');

/** Authors' words on one line, so that they cannot pose as another part of this document. */
const line = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('`', "'").slice(0, 500);
