import act from 'crank-verify/schemas/act-v1.schema.json' with { type: 'json' };
import call from 'crank-verify/schemas/call-v1.schema.json' with { type: 'json' };
import type { FastifyInstance } from 'fastify';
import { CrankError } from '#src/core/error.ts';

const schemas: Readonly<Record<string, string>> = {
  call: JSON.stringify(call, null, 2),
  act: JSON.stringify(act, null, 2),
};

/** What receipts state, by the path of their predicate type: `https://crank.dev/receipt/call/v1`. Public, and never changed. */
export const schemaRoutes = (app: FastifyInstance): void => {
  app.get<{ Params: { kind: string } }>('/schemas/receipt/:kind/v1', (request, reply) => {
    const { kind } = request.params;
    if (!Object.hasOwn(schemas, kind)) throw new CrankError('not-found', 'There are schemas of call and act.');
    return reply
      .headers({
        'content-type': 'application/schema+json',
        'cache-control': 'public, max-age=86400',
        'access-control-allow-origin': '*',
      })
      .send(schemas[kind]);
  });
};
