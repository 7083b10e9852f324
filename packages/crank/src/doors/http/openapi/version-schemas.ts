import type { JsonSchema } from '#src/core/service.ts';
import { choices } from '#src/platform/draw.ts';
import { count, flag, list, object, orNull, ref, share, text, time } from './schema-parts.ts';

const receipt = { type: ['string', 'null'], description: 'Null where nothing was changed.' };
const number = { type: 'number' } as const;

/** Versions of a service and what names them. */
export const versionSchemas: Record<string, JsonSchema> = {
  ServiceDetails: {
    allOf: [
      ref('Service'),
      object({
        operations: list({
          allOf: [
            ref('Operation'),
            object({
              example: object({
                arguments: { type: 'object', description: 'Those that are no files.' },
                files: { type: 'object', description: 'Names of files, by parameter.' },
                curl: text,
                python: text,
                typescript: text,
              }),
            }),
          ],
        }),
        aliases: list(ref('Alias')),
        versions: { ...list(ref('Version')), description: 'The newest ones.' },
        versionCount: count,
        canary: { anyOf: [ref('Canary'), { type: 'null' }] },
        policies: { ...list(ref('Policy')), description: 'The bundles that decide on its calls.' },
      }),
    ],
  },
  Version: object({
    version: text,
    created: time,
    createdBy: text,
    aliases: list(text),
    share: { ...share, description: 'Of the calls that name no version.' },
    size: { ...orNull(count), description: 'Bytes of its source.' },
    quarantine: {
      ...object({ since: time, reason: text }),
      type: ['object', 'null'],
      description: 'Where its sandbox was caught lying: since when it is not run, and why.',
    },
  }),
  VersionDetails: {
    allOf: [ref('Version'), object({ manifest: { type: 'object' }, findings: list(ref('Finding')) })],
  },
  Alias: object({ alias: text, version: text, set: orNull(time), setBy: orNull(text) }),
  AliasSet: object({ alias: text, version: orNull(text), previous: orNull(text), receipt }),
  RolledBack: object({ version: text, previous: text, endedCanary: orNull(text), receipt }),
  CanarySet: object({ version: text, previous: text, receipt }, ['previous']),
  Figures: object({
    version: text,
    calls: count,
    failures: {
      ...count,
      description:
        "Calls that ended as the version's own fault: an exception, out of memory or time, output that is none.",
    },
    others: { ...count, description: 'Calls that ended otherwise than well: refused, cancelled, input that is none.' },
    failureRate: orNull(share),
    p50Ms: { ...orNull(number), description: 'In the sandbox, of the calls that went well.' },
    p95Ms: orNull(number),
  }),
  Canary: object({
    version: text,
    share: { ...share, description: 'Of the calls that name no version.' },
    by: { ...text, enum: [...choices] },
    autoAbort: flag,
    since: time,
    startedBy: text,
    missing: { ...list(text), description: 'Operations that it lacks: all their calls go to the latest version.' },
    canary: { ...ref('Figures'), description: "Since it began, among the account's newest 20,000 calls." },
    latest: ref('Figures'),
    comparison: object({
      statistic: text,
      p: { ...orNull(number), description: 'Probability of so many failures, were both equally good.' },
      level: { ...number, description: 'What p must be below for the canary to count as worse at the next look.' },
      worse: flag,
    }),
  }),
};
