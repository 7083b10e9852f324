import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { sliceJson } from '#src/core/json-slice.ts';
import { authenticate } from '#src/platform/admit.ts';
import type { Platform } from '#src/platform/platform.ts';
import { callNamed, listTools, readReceipt, type Session } from './handlers.ts';
import { Running } from './running.ts';
import { cancelTask, demandTasks, getTask, TASKS, updateTask } from './tasks.ts';

/** What the door that took an HTTP request knows of it. */
export interface McpRequest {
  /** Method, headers and signal; its body is `body`. */
  request: Request;
  body: Buffer;
  authorization: string | undefined;
  /** Address of the node, as the client knows it. */
  base: string;
  services: readonly string[] | undefined;
  most: number | undefined;
}

export interface McpDoor {
  /** Answers a request whose body has been read. @throws CrankError `unauthenticated` */
  answer(request: McpRequest): Promise<Response>;
  close(): Promise<void>;
}

/** Tools that are listed one by one; beyond them an agent would be flooded. */
const MOST = 50;

const INSTRUCTIONS =
  'Each tool is an operation of a governed service: calls are decided by policy, run in a sandbox, and leave a signed receipt, named in the result under crank/receipt and readable as crank://receipts/{id}. Where there are too many to list, crank_search finds them.';

/**
 * The Model Context Protocol over streamable HTTP: revision 2026-07-28, and those before it without sessions. Every request
 * is answered on its own, by a server that knows what this caller may see.
 */
export const createMcpDoor = (platform: Platform, version: string): McpDoor => {
  const running = new Running();
  const handler = createMcpHandler(
    ({ authInfo }) => serverFor(platform, version, running, authInfo!.extra!['session'] as Session),
    { onerror: (error) => platform.log.debug({ err: error }, 'a request over MCP was refused') },
  );
  return {
    answer: async ({ request, body, authorization, base, services, most = MOST }) => {
      const principal = await authenticate(platform, authorization);
      const text = body.toString();
      const parsed = parse(text);
      // Of a batch each request has its own arguments: they are taken as they were parsed.
      const slice = (pointer: string) => (Array.isArray(parsed) ? undefined : sliceJson(text, pointer));
      const session: Session = { principal, authorization, base, services, most, slice };
      noteCancellation(running, principal.id, parsed);
      return handler.fetch(request, {
        authInfo: { token: '', clientId: principal.id, scopes: [], extra: { session } },
        ...(parsed !== undefined && { parsedBody: parsed }),
      });
    },
    close: () => handler.close(),
  };
};

/** @returns undefined for what is no JSON, which the library refuses in the protocol's words */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const noteCancellation = (running: Running, principal: string, message: unknown): void => {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { requestId?: unknown } };
  if (method === 'notifications/cancelled') running.cancel(principal, params?.requestId);
};

/** Parameters of requests about a task (a Standard Schema, as the library asks for one). */
const withTaskId = {
  '~standard': {
    version: 1 as const,
    vendor: 'crank',
    validate: (value: unknown) => {
      const { taskId } = (value ?? {}) as { taskId?: unknown };
      if (typeof taskId === 'string') return { value: { taskId } };
      return { issues: [{ message: 'taskId must be a text', path: ['taskId'] }] };
    },
    types: undefined as unknown as { input: { taskId: string }; output: { taskId: string } },
  },
};

const serverFor = (platform: Platform, version: string, running: Running, session: Session): Server => {
  const { authorization, base, principal } = session;
  const server = new Server(
    { name: 'crank', title: 'Crank', version },
    { capabilities: { tools: {}, resources: {}, extensions: { [TASKS]: {} } }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler('tools/list', async () => ({ tools: await listTools(platform, session) }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const controller = new AbortController();
    const leave = running.enter(principal.id, context.mcpReq.id, controller);
    const signal = AbortSignal.any([controller.signal, context.mcpReq.signal]);
    try {
      return (await callNamed(platform, session, params, context, signal)) as { content: [] };
    } finally {
      leave();
    }
  });
  server.setRequestHandler('resources/list', async () => ({ resources: [] }));
  server.setRequestHandler('resources/templates/list', async () => ({
    resourceTemplates: [
      {
        uriTemplate: 'crank://receipts/{id}',
        name: 'receipt',
        title: 'Signed receipt of a call',
        mimeType: 'application/json',
      },
    ],
  }));
  server.setRequestHandler('resources/read', ({ params }) => readReceipt(platform, session, params.uri));
  for (const [method, act] of [
    ['tasks/get', getTask],
    ['tasks/update', updateTask],
    ['tasks/cancel', cancelTask],
  ] as const) {
    server.setRequestHandler(method as string, { params: withTaskId }, (params, context) => {
      demandTasks(context);
      const asked = { authorization, base, signal: context.mcpReq.signal };
      return act(platform, asked, params.taskId);
    });
  }
  return server;
};
