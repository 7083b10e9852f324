import { errors } from './components.ts';
import { json, ok } from './path-parts.ts';
import { count, flag, list, object, text } from './schema-parts.ts';

const files = {
  ...list(object({ path: text, text })),
  description: 'A bundle that is not in force: `.rego`, `data.json`, `data.yaml`.',
};
const layer = { ...text, description: '`account` (default) or `service:NAME`.' };
const decided = object({ allow: flag, reasons: list(text), obligations: list(text) });

/** What policy would say. */
export const policyTrialPaths: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/v1/policies/-/decide': {
    post: {
      operationId: 'decidePolicy',
      tags: ['policies'],
      summary: 'What policy would say of a call, rule by rule; nothing runs',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            service: text,
            operation: text,
            version: text,
            as: { ...text, description: 'Id of the key that calls; the asking one otherwise.' },
            time: { ...text, format: 'date-time', description: 'Now otherwise.' },
            content: { description: 'Arguments by name: then it is decided on the input, too.' },
            output: { description: 'A result: then it is decided on that, too.' },
            files,
            layer,
          },
          required: ['service', 'operation'],
        }),
      },
      responses: {
        '200': ok(
          'Decisions.',
          object({
            decisions: list(
              object(
                {
                  point: { ...text, enum: ['authorise', 'input', 'output'] },
                  allow: flag,
                  reasons: list(text),
                  obligations: list(text),
                  bundles: { type: 'object', additionalProperties: text },
                  limits: { $ref: '#/components/schemas/Limits' },
                  redact: { ...list(text), description: 'JSON Pointers of what would be taken out.' },
                  rules: list(object({ bundle: text, rule: text, value: {}, error: text }, ['value', 'error'])),
                },
                ['limits', 'redact'],
              ),
            ),
          }),
        ),
        ...errors(400, 401, 403, 404, 413, 415, 422, 429, 503),
      },
    },
  },
  '/v1/policies/-/simulate': {
    post: {
      operationId: 'simulatePolicy',
      tags: ['policies'],
      summary: 'What a bundle would have changed on the newest calls',
      requestBody: {
        required: true,
        ...json({
          type: 'object',
          properties: {
            files,
            layer,
            last: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
            service: { ...text, description: 'Calls of one service only.' },
          },
          required: ['files'],
        }),
      },
      responses: {
        '200': ok(
          'What would be different.',
          object({
            ...{ calls: count, same: count, denied: count, allowed: count, otherwise: count },
            blind: { ...count, description: 'Of which the input was not kept.' },
            gone: { ...count, description: 'Whose version is gone.' },
            changes: list(
              object({
                ...{ call: text, service: text, operation: text, principal: text, time: text, point: text },
                before: decided,
                after: decided,
              }),
            ),
          }),
        ),
        ...errors(400, 401, 403, 404, 413, 415, 422, 429, 503),
      },
    },
  },
};
