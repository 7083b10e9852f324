/** Who may: `o`wner, `d`eveloper, `c`aller, `a`uditor, o`p`erator. */
export interface Row {
  may: string;
  /** Status for those who may. */
  ok: number;
  /** For those who may not; 403 where absent. */
  not?: number;
  /** For some of them, who may see that it is there. */
  but?: Partial<Record<'o' | 'd' | 'c' | 'a' | 'p', number>>;
  json?: unknown;
  query?: string;
  /** Asked about what is not there, so that nothing is changed: those who may get 404. */
  none?: true;
  /** Of the node: for owners of other accounts it is not there. */
  node?: true;
  /** For everybody, also without a key. */
  open?: true;
}

const service = { service: 'words', operation: 'count' };
const read = (may: string, more: Partial<Row> = {}): Row => ({ may, ok: 200, ...more });
/** Changes what is not there. */
const change = (may: string, more: Partial<Row> = {}): Row => ({ may, ok: 404, none: true, ...more });
/** Makes something of a body that says nothing. */
const make = (may: string, ok: number, more: Partial<Row> = {}): Row => ({ may, ok, json: {}, ...more });
const open = (ok = 200, more: Partial<Row> = {}): Row => ({ may: 'odcap', ok, open: true, ...more });

const ofService = (prefix: string): Record<string, Row> => ({
  [`POST ${prefix}/:operation`]: read('odc', { json: { text: 'a b' } }),
  [`GET ${prefix}`]: read('odca'),
  [`DELETE ${prefix}`]: change('od'),
  [`DELETE ${prefix}/-/quarantine`]: change('od', { query: '?version=deadbeefdead' }),
  [`GET ${prefix}/-/versions`]: read('odca'),
  [`GET ${prefix}/-/versions/:version`]: read('odca'),
  [`DELETE ${prefix}/-/versions/:version`]: change('od'),
  [`GET ${prefix}/-/aliases`]: read('odca'),
  [`PUT ${prefix}/-/aliases/:alias`]: change('od', { json: { version: 'deadbeefdead' } }),
  [`DELETE ${prefix}/-/aliases/:alias`]: change('od'),
  [`POST ${prefix}/-/rollback`]: change('od'),
  [`GET ${prefix}/-/canary`]: read('odca'),
  [`PUT ${prefix}/-/canary`]: change('od', { json: { version: 'deadbeefdead', share: '10%' } }),
  [`DELETE ${prefix}/-/canary`]: change('od'),
  [`POST ${prefix}/-/canary/promote`]: change('od'),
  [`GET ${prefix}/-/prices`]: read('oda'),
  [`POST ${prefix}/-/prices`]: make('o', 422),
  [`DELETE ${prefix}/-/prices/:price`]: change('o'),
  [`GET ${prefix}/-/quote`]: read('odc'),
  [`POST ${prefix}/-/quote`]: make('odc', 201),
});

/** Every route with who may use it. A route that is not here fails the test. */
export const rows: Readonly<Record<string, Row>> = {
  ...ofService('/v1/services/:service'),
  ...ofService('/v1/accounts/:account/services/:service'),
  'POST /v1/run': make('od', 422),
  'POST /v1/run/:version/promote': change('od', { json: { name: 'kept' } }),
  'GET /v1/search': read('odcap', { query: '?q=count' }),
  // What each may do there is decided by tool; here, that nobody gets in without a key.
  'POST /mcp': make('odcap', 400),
  'GET /.well-known/api-catalog': open(),
  'GET /.well-known/mcp/server.json': open(),
  'GET /v1/me': read('odcap'),
  'POST /v1/services': make('od', 415),
  'GET /v1/services': read('odca'),
  'GET /v1/calls': read('odca'),
  'GET /v1/calls/:id': read('oda', { not: 404 }),
  'GET /v1/receipts': read('odca'),
  'GET /v1/receipts/:id': read('oda', { not: 404 }),
  'GET /v1/receipts/-/export': read('odca'),
  // Nothing was kept of the call, so that whoever may sees no more either.
  'POST /v1/receipts/:id/replay': make('od', 404, { not: 404 }),
  'POST /v1/erasures': make('o', 404, { json: { subject: 'nobody' } }),
  'POST /v1/detokenise': make('o', 422),
  'GET /v1/jobs': read('odca'),
  'GET /v1/jobs/:id': read('oda', { not: 404 }),
  'GET /v1/jobs/:id/result': read('o', { not: 404, but: { d: 403, a: 403 } }),
  'GET /v1/jobs/:id/events': read('oda', { not: 404 }),
  'DELETE /v1/jobs/:id': read('od', { not: 404, but: { a: 403 } }),
  'POST /v1/jobs/:id/approve': change('', { not: 404 }),
  'POST /v1/jobs/:id/reject': change('', { not: 404 }),
  'POST /v1/keys': make('o', 422),
  'GET /v1/keys': read('oa'),
  'DELETE /v1/keys/:id': change('o'),
  'POST /v1/tokens': make('odcap', 422, { json: { scopes: ['everything'] } }),
  'POST /v1/tokens/rotate-key': make('op', 422, { node: true, json: { discard: 'all' } }),
  'GET /.well-known/jwks.json': open(),
  'GET /.well-known/oauth-protected-resource': open(),
  'POST /v1/issuers': make('o', 422),
  'GET /v1/issuers': read('oa'),
  'DELETE /v1/issuers/:id': change('o'),
  'POST /v1/accounts': make('op', 422, { node: true, json: { name: 'No Name' } }),
  'GET /v1/accounts': read('op', { node: true }),
  'POST /v1/policies': make('o', 422),
  'PUT /v1/policies': make('o', 422),
  'GET /v1/policies': read('oda'),
  'DELETE /v1/policies/:name': change('o'),
  'POST /v1/policies/-/decide': make('od', 422),
  'POST /v1/policies/-/simulate': make('od', 422),
  'GET /v1/slos': read('odca'),
  'PUT /v1/slos/:service/:objective': change('od', { json: { target: 0.99, thresholdMs: 100 } }),
  'DELETE /v1/slos/:service/:objective': change('od'),
  'GET /v1/promises': read('odca'),
  'POST /v1/budgets': make('o', 422),
  'GET /v1/budgets': read('oda'),
  'GET /v1/budgets/:id': read('oda'),
  'PUT /v1/budgets/:id': change('o', { json: { usd: '5' } }),
  'DELETE /v1/budgets/:id': change('o'),
  'POST /v1/invoices': make('o', 422),
  'GET /v1/invoices': read('oa'),
  'GET /v1/invoices/:id': change('oa'),
  'GET /v1/usage': read('odca'),
  'GET /v1/carbon': read('odca'),
  'GET /v1/accounts/-/usage': read('op', { node: true }),
  'POST /v1/secrets': make('od', 422),
  'GET /v1/secrets': read('od'),
  'PUT /v1/secrets/:name': make('od', 422),
  'GET /v1/secrets/:name': read('od'),
  'DELETE /v1/secrets/:name': change('od'),
  'POST /v1/workspaces': make('od', 422),
  'GET /v1/workspaces': read('oda'),
  'GET /v1/workspaces/:name': read('oda'),
  'PATCH /v1/workspaces/:name': change('od', { json: {} }),
  'DELETE /v1/workspaces/:name': change('od'),
  'GET /v1/workspaces/:name/files': read('od'),
  'GET /v1/workspaces/:name/files/*': change('od'),
  'PUT /v1/workspaces/:name/files/*': change('od'),
  'DELETE /v1/workspaces/:name/files/*': change('od'),
  'GET /v1/workspaces/:name/archive': read('od'),
  'GET /v1/workspaces/:name/snapshots': read('oda'),
  'POST /v1/workspaces/:name/snapshots/:number/restore': change('od'),
  'DELETE /v1/workspaces/:name/snapshots/:number': change('od'),
  'POST /v1/schedules': make('od', 404, { json: { ...service, service: 'wordz', cron: '0 0 1 1 *' } }),
  'GET /v1/schedules': read('oda'),
  'GET /v1/schedules/:id': read('oda'),
  'DELETE /v1/schedules/:id': change('od'),
  'GET /v1/schedules/:id/runs': read('oda'),
  'POST /v1/schedules/:id/pause': change('od'),
  'POST /v1/schedules/:id/resume': change('od'),
  'POST /v1/schedules/:id/run': change('od'),
  'POST /v1/webhooks': make('od', 404, { json: { ...service, service: 'wordz', verify: 'token' } }),
  'GET /v1/webhooks': read('oda'),
  'GET /v1/webhooks/:id': read('oda'),
  'DELETE /v1/webhooks/:id': change('od'),
  'GET /v1/webhooks/:id/deliveries': read('oda'),
  // For whoever signs as the webhook's sender; credentials of ours play no part.
  'POST /v1/hooks/:id': open(404, { json: {} }),
  'POST /v1/hooks/:id/:token': open(404, { json: {} }),
  'POST /v1/log/rotate-key': read('op', { node: true }),
  'GET /v1/log/witnesses': read('odcap', { node: true }),
  'POST /v1/log/witnesses': make('op', 422, { node: true, json: { vkey: 'x', url: 'http://127.0.0.1:9' } }),
  'DELETE /v1/log/witnesses': change('op', { node: true, query: '?vkey=x' }),
  'POST /v1/log/witnessed': make('op', 422, { node: true, json: { vkey: 'x' } }),
  'DELETE /v1/log/witnessed': change('op', { node: true, query: '?origin=x' }),
  'GET /log/vkey': open(),
  'GET /log/vkeys': open(),
  'GET /log/handovers': open(),
  'GET /log/checkpoint': open(),
  'GET /log/witnessed': open(404),
  'GET /log/tile/*': open(404),
  'GET /witness/vkey': open(),
  'POST /witness/add-checkpoint': open(400),
  'GET /witness/:hash/checkpoint': open(404),
  'GET /schemas/receipt/:kind/v1': open(404),
  'GET /healthz': open(),
  'GET /livez': open(),
  'GET /readyz': open(),
  'GET /metrics': open(),
  // Browsers get the console there, programs do not.
  'GET /': open(302),
  ...Object.fromEntries(
    ['services', 'deploy', 'calls', 'receipts', 'usage', 'settings'].flatMap((name) => [
      [`GET /${name}`, open(404)],
      [`GET /${name}/*`, open(404)],
    ]),
  ),
  'GET /assets/*': open(404),
  'GET /openapi.json': read('odca', { open: true }),
  'GET /llms.txt': read('odca', { open: true }),
  'GET /docs': read('odca', { open: true }),
  'GET /docs/page.css': open(),
  'GET /docs/page.js': open(),
};
