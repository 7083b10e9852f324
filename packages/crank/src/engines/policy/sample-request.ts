import { defaultLimits } from '#src/core/service.ts';

/** A request as policies see it, with everything that any point has. */
export const sampleRequest = (sensitivity: string): string =>
  JSON.stringify({
    point: 'output',
    time: '2026-01-01T12:00:00.000Z',
    action: 'service.call',
    principal: { id: 'key_0', name: 'sample', kind: 'user', account: 'sample', role: 'caller' },
    resource: { type: 'operation', account: 'sample', service: 'sample', version: 'sha256:0', operation: 'sample' },
    limits: defaultLimits,
    node: { regions: ['eu'], isolation: 'fresh' },
    spend: { at_most_usd: 0.0004 },
    content: { sensitivity, text: 'ann@example.org' },
    output_fields: [
      { path: '/contact', value: 'ann@example.org' },
      { path: '/n', value: 3 },
      { path: '/ok', value: true },
    ],
  });
