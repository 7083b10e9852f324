import { catalogue } from '#src/core/error.ts';
import type { JsonSchema } from '#src/core/service.ts';
import { PROBLEM } from '../answer/problem.ts';
import { agentSchemas } from './agent-schemas.ts';
import { budgetSchemas } from './budget-schemas.ts';
import { identitySchemas } from './identity-schemas.ts';
import { invoiceSchemas } from './invoice-schemas.ts';
import { jobSchemas } from './job-schemas.ts';
import { priceSchemas } from './price-schemas.ts';
import { count, flag, list, object, ref, text, time } from './schema-parts.ts';
import { sloSchemas } from './slo-schemas.ts';
import { usageSchemas } from './usage-schemas.ts';
import { versionSchemas } from './version-schemas.ts';
import { modes, workspaceSchemas } from './workspace-schemas.ts';

export { ref } from './schema-parts.ts';

/** A version of a service, as it is shown. */
const service: Record<string, JsonSchema> = {
  account: text,
  name: text,
  version: { ...text, description: 'Content digest, `sha256:` and 64 hexadecimal digits.' },
  description: text,
  runtime: text,
  python: text,
  isolation: { ...text, enum: ['fresh', 'warm', 'container'] },
  limits: ref('Limits'),
  network: {
    ...list(text),
    description: 'What it asks to reach, as `host:port`. Policy and the operator grant it.',
  },
  secrets: {
    type: 'object',
    additionalProperties: text,
    description: 'Names of secrets that calls are given, by environment variable.',
  },
  workspaces: modes,
  requirements: list(text),
  lock: { type: ['string', 'null'] },
  tools: {
    type: 'object',
    additionalProperties: object({ path: text, digest: text, version: text }),
    description: 'With the runtime `command`: the programs that it was deployed with, by name.',
  },
  operations: list(ref('Operation')),
  findings: list(ref('Finding')),
};

/** Schemas of what administrative paths take and give. Names of services hold no capital, so nothing of theirs is called so. */
export const schemas: Record<string, JsonSchema> = {
  Problem: {
    ...object(
      {
        type: { ...text, description: '`urn:crank:error:<code>`' },
        code: { ...text, enum: Object.keys(catalogue) },
        title: text,
        status: count,
        detail: { ...text, description: 'What happened and what to do.' },
        retry: { ...text, enum: ['never', 'after', 'same-key'] },
        call: { ...text, description: 'Id of the call, where one exists; its receipt has the same.' },
        retryAfter: { type: 'number', description: 'Seconds.' },
        reasons: list(text),
        errors: list(object({ pointer: { ...text, description: 'JSON Pointer, RFC 6901.' }, message: text })),
        findings: list(ref('Finding')),
        exception: object({ type: text, message: text, traceback: text }, ['traceback']),
      },
      ['call', 'retryAfter', 'reasons', 'errors', 'findings', 'exception'],
    ),
    description: 'RFC 9457.',
  },
  Finding: object(
    {
      level: { ...text, enum: ['error', 'warning'] },
      file: text,
      line: count,
      column: count,
      message: text,
      fix: text,
    },
    ['line', 'column'],
  ),
  Operation: object(
    {
      name: text,
      description: text,
      input: { description: 'JSON Schema 2020-12 of the arguments by name.' },
      output: { description: 'JSON Schema 2020-12 of the result, or of one item of a stream.' },
      result: { ...text, enum: ['json', 'file', 'stream'] },
      contentType: text,
      secrets: {
        type: 'object',
        additionalProperties: text,
        description: 'Names of secrets that its calls are given, by environment variable.',
      },
      workspaces: modes,
      files: { ...list(text), description: 'Parameters that take files.' },
      line: count,
      classification: {
        ...text,
        description: 'What its arguments are at least: public, internal, confidential, restricted.',
      },
      idempotent: { ...flag, description: 'Running it twice does no more than running it once.' },
      retry: {
        ...object({ attempts: count, backoffMs: count }),
        description:
          'How often a job of it is begun, and the milliseconds before the second time; twice as long each time.',
      },
      command: {
        type: 'object',
        description:
          'How arguments become a command line, where the operation is one. For the sandbox; its form may change.',
      },
      plan: {
        type: 'object',
        description: 'How arguments become what a module for Node takes. For the sandbox; its form may change.',
      },
      path: text,
      curl: text,
      example: {
        type: 'object',
        description:
          'Of a described service: how it is called. Of a manifest that shows arguments: those, in a list of services.',
      },
    },
    [
      'contentType',
      'secrets',
      'workspaces',
      'line',
      'classification',
      'idempotent',
      'retry',
      'command',
      'plan',
      'example',
    ],
  ),
  Limits: object({
    wallMs: count,
    cpuMs: count,
    memoryBytes: count,
    outputBytes: count,
    fileBytes: count,
    tmpBytes: count,
    subprocesses: count,
    threads: count,
  }),
  Service: object({ ...service, created: { ...time, description: 'When the version was made.' } }),
  Deployed: object({
    ...service,
    created: { ...flag, description: 'Whether the version is new.' },
    aliases: { ...list(text), description: 'What names the version now.' },
    receipt: { type: ['string', 'null'], description: 'Receipt of the deployment; null where nothing was changed.' },
  }),
  ...versionSchemas,
  ...workspaceSchemas,
  ...jobSchemas,
  ...agentSchemas,
  ...budgetSchemas,
  ...sloSchemas,
  ...usageSchemas,
  ...priceSchemas,
  ...invoiceSchemas,
  Call: object({
    id: text,
    account: text,
    principal: text,
    service: text,
    version: text,
    operation: text,
    received: time,
    finished: time,
    outcome: { ...text, description: '`ok` or an error code.' },
    tags: { type: ['string', 'null'] },
  }),
  CallDetails: {
    allOf: [
      ref('Call'),
      object({
        problem: { anyOf: [ref('Problem'), { type: 'null' }] },
        stdout: text,
        stderr: text,
        truncatedBytes: count,
        usage: object({ cpuNs: count, cpuSource: text, wallNs: count, peakMemoryBytes: count, egressBytes: count }),
        egress: list(object({ destination: text, connections: count, sentBytes: count, receivedBytes: count })),
        energy: object({
          joules: { type: 'number' },
          grade: text,
          uncertainty: text,
          source: { type: ['string', 'null'] },
        }),
        carbon: object({ grams: { type: 'number' }, gridGramsPerKwh: { type: 'number' }, source: text }),
        charge: object({
          currency: text,
          total: text,
          lines: list(object({ kind: text, amount: text, quantity: text, unit: text }, ['quantity', 'unit'])),
        }),
        parent: { type: ['string', 'null'], description: 'Call that asked for this one.' },
        calls: list(object({ call: text, outcome: text })),
        receipt: text,
      }),
    ],
  },
  Receipt: object({
    envelope: { type: 'object', description: 'DSSE envelope of an in-toto statement.' },
    proof: { ...text, description: 'C2SP tlog-proof: inclusion under a signed checkpoint.' },
    openings: { description: 'Salts of the commitments, where the holder may have them.' },
  }),
  ReceiptInfo: object(
    {
      id: text,
      kind: { ...text, description: '`call`, `opening` (of a stream) or `act`.' },
      index: { ...count, description: 'Entry of the log.' },
      time,
      account: text,
      principal: text,
      act: { ...text, description: 'What an act did.' },
      service: text,
      operation: text,
      outcome: text,
    },
    ['act', 'service', 'operation', 'outcome'],
  ),
  Replay: object(
    {
      of: text,
      call: { ...text, description: 'The call that the replay is.' },
      receipt: text,
      sameOutput: { type: 'boolean', description: 'Whether the receipt commits to the bytes that came out now.' },
      note: { type: 'string', description: 'Why other bytes say little, where they do.' },
      outcome: object({ before: text, now: text }),
      limits: { type: 'object', description: 'Limits that are not what they were: `before` and `now`.' },
      decisions: list(
        object({ point: text, result: { ...text, enum: ['same', 'different', 'not-replayed'] }, why: text }, ['why']),
      ),
    },
    ['note'],
  ),
  Erasure: object({
    subject: { ...text, description: 'Id of the key that was destroyed.' },
    calls: count,
    kept: { ...count, description: 'Inputs and outputs that had been kept.' },
    receipt: text,
  }),
  ...identitySchemas,
  Policy: object({ name: text, layer: text, digest: text, regoVersion: text, entrypoints: list(text), receipt: text }, [
    'receipt',
  ]),
  Secret: object({
    name: text,
    version: { ...count, description: 'Counts the values that it had.' },
    created: time,
    createdBy: text,
    rotated: { ...time, description: 'When its value was last set.' },
    rotatedBy: text,
    usedBy: { ...list(text), description: 'Services whose newest version asks for it.' },
  }),
  SetSecret: { allOf: [ref('Secret'), object({ receipt: text })] },
  Schedule: object({
    id: text,
    service: text,
    operation: text,
    version: { type: ['string', 'null'] },
    cron: text,
    zone: text,
    input: { type: 'object' },
    principal: { ...text, description: 'The key in whose name it runs.' },
    grace: text,
    overlap: text,
    jitter: text,
    state: { ...text, enum: ['active', 'paused', 'stopped'] },
    reason: { type: ['string', 'null'], description: 'Why it was stopped.' },
    created: time,
    next: { ...list(time), description: 'The next five instants.' },
  }),
  ChangedSchedule: { allOf: [ref('Schedule'), object({ receipt: { type: ['string', 'null'] } })] },
  ScheduleRun: object({
    instant: time,
    trigger: { ...text, enum: ['cron', 'manual'] },
    state: { ...text, enum: ['queued', 'running', 'ended', 'skipped', 'missed'] },
    call: { type: ['string', 'null'], description: 'Its call, whose receipt has the same id.' },
    outcome: { type: ['string', 'null'], description: '`ok` or an error code.' },
    reason: { type: ['string', 'null'] },
    claimed: time,
    ended: { type: ['string', 'null'] },
  }),
  StartedRun: { allOf: [ref('ScheduleRun'), object({ receipt: text })] },
  Webhook: object({
    id: text,
    path: text,
    url: { ...text, description: 'Where deliveries go.' },
    service: text,
    operation: text,
    version: { type: ['string', 'null'] },
    verify: text,
    map: { type: ['object', 'null'], description: 'Where arguments come from; null: the payload is the arguments.' },
    tolerance: text,
    principal: { ...text, description: 'The key in whose name it acts.' },
    state: { ...text, enum: ['active', 'stopped'] },
    reason: { type: ['string', 'null'], description: 'Why it was stopped.' },
    created: time,
  }),
  NewWebhook: { allOf: [ref('Webhook'), object({ secret: text, receipt: text })] },
  Delivery: object({
    delivery: { ...text, description: 'By which a repeat is known.' },
    state: { ...text, enum: ['running', 'ended'] },
    call: { type: ['string', 'null'] },
    outcome: { type: ['string', 'null'] },
    reason: { type: ['string', 'null'] },
    received: time,
    ended: { type: ['string', 'null'] },
  }),
  Accepted: object({
    call: { type: ['string', 'null'], description: 'The call; its receipt has the same id.' },
    duplicate: { type: 'boolean' },
  }),
  Done: object({ receipt: { type: ['string', 'null'], description: 'Receipt of the act.' } }),
};

const header = (name: string, description: string, schema: JsonSchema) => ({ name, in: 'header', description, schema });

/** Parameters that every call takes. */
export const parameters = {
  Version: {
    name: 'version',
    in: 'query',
    description: 'Digest prefix of at least 8, or an alias; the latest otherwise.',
    schema: text,
  },
  IdempotencyKey: header('Idempotency-Key', 'The same key and body give the same answer for 24 h.', {
    ...text,
    maxLength: 255,
  }),
  Prefer: header('Prefer', '`respond-async`: take the call as a job, and answer 202 before it runs (RFC 7240).', text),
  Deadline: header('Crank-Deadline', 'How long the caller waits, such as `500ms`, `5s`, `2m`.', {
    ...text,
    pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$',
  }),
  Subject: header('Crank-Subject', 'Whose data the input is, so that it can be erased; the caller otherwise.', {
    ...text,
    maxLength: 255,
  }),
  Session: header(
    'Crank-Session',
    'Calls of one session go to one version, where the canary of the service is drawn by session.',
    { ...text, maxLength: 255 },
  ),
  Classification: header(
    'Crank-Classification',
    'How confidential the input is. It raises what the service, or a policy, says, and never lowers it.',
    { ...text, enum: ['public', 'internal', 'confidential', 'restricted'] },
  ),
  Tags: header('Crank-Tags', 'For cost allocation.', { ...text, maxLength: 1024 }),
  Quote: header('Crank-Quote', 'Id of a quote: the call is charged no more than it says.', text),
};

const answerHeader = (description: string) => ({ description, schema: text });

/** Headers of every call's answer. */
export const headers = {
  Call: answerHeader('Id of the call.'),
  Receipt: answerHeader('Path of its receipt.'),
  Version: answerHeader('Digest of the version that ran.'),
  Timing: answerHeader('Milliseconds per step (W3C Server Timing).'),
  TraceResponse: answerHeader('Where in the trace the call was, in the form of `traceparent`, where somebody traces.'),
  RateLimitPolicy: answerHeader(
    'Quotas that the call counted against: requests q in w seconds (draft-ietf-httpapi-ratelimit-headers).',
  ),
  RateLimit: answerHeader('What is left of them: requests r, and seconds t until all are there again.'),
};

const codes = (status: number): string =>
  Object.entries(catalogue)
    .filter(([, entry]) => entry.status === status)
    .map(([code, entry]) => `\`${code}\`: ${entry.title}`)
    .join('; ');

/** One response per status of the catalogue, named `E<status>`; but for what nobody is there to read, and what no operation answers. */
export const responses = Object.fromEntries(
  [...new Set(Object.values(catalogue).map((entry) => entry.status))]
    .filter((status) => status !== 499 && status !== 405)
    .map((status) => [
      `E${status}`,
      { description: codes(status), content: { [PROBLEM]: { schema: ref('Problem') } } },
    ]),
);

/** References to responses by status. */
export const errors = (...statuses: readonly number[]): Record<string, { $ref: string }> =>
  Object.fromEntries(statuses.map((status) => [String(status), { $ref: `#/components/responses/E${status}` }]));

/** How a call may end otherwise than well. */
export const callErrors = errors(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 500, 503, 504, 507, 508);
