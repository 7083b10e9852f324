import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Logger } from 'pino';
import { CrankError, type ErrorCode } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { browserHeaders, corsHeaders, preflightHeaders } from './answer/browser-headers.ts';
import { answerClientError, answerConnect, answerExpectation } from './answer/client-error.ts';
import { asCrankError, sendProblem } from './answer/problem.ts';
import { type AnswerCounts, newAnswerCounts } from './answer-counts.ts';
import { MethodTable } from './method-table.ts';
import { demandHost, demandOrigin, type Origins } from './request/origins.ts';
import { accountRoutes } from './routes/accounts.ts';
import { budgetRoutes } from './routes/budgets.ts';
import { callRoutes } from './routes/call.ts';
import { consoleRoutes } from './routes/console.ts';
import { documentRoutes } from './routes/documents.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoutes } from './routes/history.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { issuerRoutes } from './routes/issuers.ts';
import { jobRoutes } from './routes/jobs.ts';
import { keyRoutes } from './routes/keys.ts';
import { logRoutes } from './routes/log.ts';
import { type McpHandler, mcpRoutes } from './routes/mcp.ts';
import { meRoutes } from './routes/me.ts';
import { policyRoutes } from './routes/policies.ts';
import { priceRoutes } from './routes/prices.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { resourceMetadataRoutes } from './routes/resource-metadata.ts';
import { runRoutes } from './routes/run.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { searchRoutes } from './routes/search.ts';
import { secretRoutes } from './routes/secrets.ts';
import { serviceRoutes } from './routes/services.ts';
import { sloRoutes } from './routes/slos.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { usageRoutes } from './routes/usage.ts';
import { versionRoutes } from './routes/versions.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { wellKnownRoutes } from './routes/well-known.ts';
import { witnessRoutes } from './routes/witness.ts';
import { workspaceRoutes } from './routes/workspaces.ts';

export interface HttpServerOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
  log: Logger;
  /** Address of the node as its clients know it; what each request calls it where absent. */
  publicUrl?: string | undefined;
  /** Names that it may be called by beside addresses and `localhost`; any where absent. */
  names?: readonly string[] | undefined;
  /** Origins of others whose pages may ask it. */
  cors?: readonly string[];
  /** How long a request may take to arrive; TIMEOUTS where absent. */
  timeouts?: Timeouts;
  /** Of this package. */
  version: string;
  /** Folder in which the web console was built. */
  console: string;
  /** Answers the Model Context Protocol. */
  mcp: McpHandler;
}

export interface HttpServer {
  /** Where it listens, as a client writes it. */
  url: string;
  /** What it answers, in the router's notation. */
  routes: readonly { method: string; path: string }[];
  /** Takes no more connections; resolves when the requests under way are answered. */
  close(): Promise<void>;
}

/** Milliseconds. A request has to arrive within them; how long its answer takes is the call's own limit. */
export interface Timeouts {
  head: number;
  request: number;
  keepAlive: number;
  /** How often the first two are looked at. */
  look: number;
}
const TIMEOUTS: Timeouts = { head: 20_000, request: 300_000, keepAlive: 65_000, look: 5_000 };
const HEADER_BYTES = 16 * 1024;
const HEADERS = 100;
const CONNECTIONS = 8_192;
/** Errors that attempts get. */
const COUNTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'malformed-request',
  'unauthenticated',
  'forbidden',
  'policy-denied',
  'not-found',
  'method-not-allowed',
  'too-large',
]);
/** Longest path parameter: operations have up to 128 characters. */
const PARAMETER = 200;

/** Opens the HTTP door. @throws CrankError `unavailable` where the address is taken or not ours */
export const createHttpServer = async (platform: Platform, options: HttpServerOptions): Promise<HttpServer> => {
  const { log, timeouts = TIMEOUTS } = options;
  const answers = newAnswerCounts();
  const methods = new MethodTable();
  /** Answers with an error, and counts it where it may be somebody's attempt: what has a receipt does not come this way. */
  const refuse = (request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply => {
    const error = asCrankError(thrown);
    if (COUNTED.has(error.code)) platform.refusals.countOnce(error, error.code);
    return sendProblem(request, reply, error.code === 'internal' ? thrown : error, log);
  };
  const app = fastify({
    logger: false,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PARAMETER },
    http: {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: timeouts.head,
      connectionsCheckingInterval: timeouts.look,
      requireHostHeader: false, // the hook below asks for it, in our words
    },
    clientErrorHandler: (error, socket) => {
      const code = answerClientError(error, socket);
      if (code !== undefined) platform.refusals.count(code);
    },
    frameworkErrors: (error, request, reply) => {
      refuse(request, reply, error);
    },
  });
  // No route takes it, which is to be said (405) before Fastify asks for its content type (RFC 10008, 400).
  app.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });
  app.decorate('publicUrl', options.publicUrl);
  app.server.maxHeadersCount = 0; // Node would leave out the others without a word; the hook below refuses
  app.server.maxConnections = CONNECTIONS;
  app.server.on('connect', answerConnect).on('checkExpectation', answerExpectation);
  const open = countAnswers(app.server, answers);

  // Bodies stay streams: each route reads its own, after it knows who asks, and passes JSON text on untouched.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const own = options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin;
  const origins: Origins = { names: options.names, allowed: options.cors ?? [], own };
  const always = browserHeaders(options.publicUrl);
  app.addHook('onRequest', ({ raw }, reply, done) => {
    for (const [name, value] of always) reply.raw.setHeader(name, value);
    if (raw.rawHeaders.length > 2 * HEADERS)
      return done(new CrankError('too-large', `The request has more than ${HEADERS} headers: send fewer.`));
    const twice = sentTwice(raw.rawHeaders);
    if (twice !== undefined)
      done(
        new CrankError('malformed-request', `The header ${twice} is there twice: which one counts is anybody's guess.`),
      );
    else if (raw.headers.host === undefined && raw.httpVersion !== '1.0')
      done(new CrankError('malformed-request', 'The Host header is missing: RFC 9112 requires it.'));
    else done();
  });
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const { origin, host } = raw.headers;
    if (host !== undefined) demandHost(host, origins);
    if (!demandOrigin({ origin, host, method: raw.method! }, origins)) return done();
    if (raw.method === 'OPTIONS' && raw.headers['access-control-request-method'] !== undefined)
      return void reply.code(204).headers(preflightHeaders(origin!)).send();
    for (const [name, value] of Object.entries(corsHeaders(origin!))) reply.raw.setHeader(name, value);
    done();
  });
  app.addHook('onRoute', ({ method, url }) => methods.add(url, [method].flat()));
  app.setErrorHandler((error, request, reply) => refuse(request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.of(request.raw.url!);
    if (allowed.length === 0) {
      const error = new CrankError(
        'not-found',
        'There is nothing at this path: /openapi.json and /docs list what there is.',
      );
      return refuse(request, reply, error);
    }
    const error = new CrankError('method-not-allowed', `This path takes ${allowed.join(', ')}, not ${request.method}.`);
    return refuse(request, reply.header('allow', allowed.join(', ')), error);
  });

  callRoutes(app, platform);
  runRoutes(app, platform);
  mcpRoutes(app, options.mcp);
  app.register(async (scope) => {
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      done();
    });
    serviceRoutes(scope, platform);
    searchRoutes(scope, platform);
    wellKnownRoutes(scope, options.version);
    versionRoutes(scope, platform);
    priceRoutes(scope, platform);
    historyRoutes(scope, platform);
    jobRoutes(scope, platform);
    keyRoutes(scope, platform);
    meRoutes(scope, platform);
    accountRoutes(scope, platform);
    tokenRoutes(scope, platform);
    issuerRoutes(scope, platform);
    resourceMetadataRoutes(scope, platform);
    policyRoutes(scope, platform);
    secretRoutes(scope, platform);
    workspaceRoutes(scope, platform);
    budgetRoutes(scope, platform);
    usageRoutes(scope, platform);
    sloRoutes(scope, platform);
    invoiceRoutes(scope, platform);
    privacyRoutes(scope, platform);
    scheduleRoutes(scope, platform);
    webhookRoutes(scope, platform);
    logRoutes(scope, platform);
    witnessRoutes(scope, platform);
    schemaRoutes(scope);
    healthRoutes(scope, platform, answers);
    documentRoutes(scope, platform);
    consoleRoutes(scope, options.console);
  });

  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    throw cannotListen(error as NodeJS.ErrnoException, options);
  }
  return {
    url: urlOf(app.server.address() as AddressInfo),
    routes: methods.all(),
    close: () => close(app, open),
  };
};

/** Of those that say who asks and whom: a proxy in front may go by one, and this node by the other. */
const sentTwice = (raw: readonly string[]): string | undefined => {
  let seen = '';
  for (let i = 0; i < raw.length; i += 2) {
    const length = raw[i]!.length;
    if (length !== 4 && length !== 13) continue;
    const name = raw[i]!.toLowerCase();
    if (name !== 'host' && name !== 'authorization') continue;
    if (seen.includes(name)) return name;
    seen += name;
  }
  return undefined;
};

const cannotListen = (error: NodeJS.ErrnoException, { host, port }: HttpServerOptions): Error => {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else serves there',
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'ports below 1024 need privileges',
    ENOTFOUND: 'there is no such host',
  };
  const reason = reasons[error.code ?? ''];
  if (reason === undefined) return error;
  return new CrankError('unavailable', `Cannot listen on ${host}:${port}, ${reason}: choose with --host and --port.`);
};

const urlOf = ({ address, family, port }: AddressInfo): string => {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

/** Counts answers by class of status. @returns how many requests are under way */
const countAnswers = (server: Server, answers: AnswerCounts): (() => number) => {
  let open = 0;
  function ended(this: ServerResponse): void {
    open -= 1;
    // Where the client left first there was no answer: 499 stands for that.
    const status = this.writableFinished ? Math.floor(this.statusCode / 100) : 4;
    answers[status] = (answers[status] ?? 0) + 1;
  }
  server.on('request', (_request, response: ServerResponse) => {
    open += 1;
    response.once('close', ended);
  });
  return () => open;
};

/** Connections outlive their last answer, and some never ask anything: all are cut once no request is under way. */
const close = async (app: { server: Server; close(): PromiseLike<unknown> }, open: () => number): Promise<void> => {
  const sweep = setInterval(() => {
    if (open() === 0) app.server.closeAllConnections();
  }, 20);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
};
