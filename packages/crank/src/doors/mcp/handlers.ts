import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { CrankError } from '#src/core/error.ts';
import type { Progress } from '#src/core/progress.ts';
import type { Principal } from '#src/core/service.ts';
import { callables } from '#src/platform/discovery/callables.ts';
import type { Platform } from '#src/platform/platform.ts';
import { getReceipt } from '#src/platform/receipts.ts';
import { mayRun } from '#src/platform/run/may-run.ts';
import { callOperation, takesLong } from './call-operation.ts';
import { answerOf, promoteTool, runTool, searchTool, textOf } from './call-own.ts';
import type { Asked, ToolOutcome } from './call-tool.ts';
import { runTools, searchTools } from './own-tools.ts';
import { takesTasks, taskOf } from './tasks.ts';
import { serviceOfTool, toolsOf } from './tool-name.ts';
import { toolOf } from './tools.ts';

/** One request over MCP, and what its address asked for. */
export interface Session {
  principal: Principal;
  authorization: string | undefined;
  base: string;
  /** Services whose operations are shown and may be called; all where absent. */
  services: readonly string[] | undefined;
  /** Beyond so many tools, those that search stand for them. */
  most: number;
  /** JSON text of a value within the request, as it was sent. */
  slice: (pointer: string) => string | undefined;
}

/** `tools/list` */
export const listTools = async (platform: Platform, session: Session): Promise<Tool[]> => {
  const { authorization, services, most } = session;
  const may = await mayRun(platform, authorization);
  const own = runTools.filter(({ name }) => may.run && (name === 'crank_run' || may.promote));
  const all = await callables(platform, authorization, services);
  return [...(all.length > most ? searchTools : all.map(toolOf)), ...own];
};

/** `tools/call` @throws ProtocolError where there is no such tool */
export const callNamed = async (
  platform: Platform,
  session: Session,
  request: { name: string; arguments?: Readonly<Record<string, unknown>> | undefined },
  context: ServerContext,
  signal: AbortSignal,
): Promise<Record<string, unknown>> => {
  const { authorization, base, services } = session;
  const asked: Asked = { authorization, base, signal, onProgress: progressTo(context) };
  const given = request.arguments ?? {};
  const at = (member: string): string | undefined =>
    session.slice(`/params/arguments${member}`) ??
    (member === '' ? JSON.stringify(request.arguments) : JSON.stringify(given[member.slice(1)]));
  switch (request.name) {
    case 'crank_search':
      return resultOf(await searchTool(platform, asked, given, services));
    case 'crank_describe':
      return resultOf(await answerOf(platform, async () => describeTool(platform, session, textOf(given, 'tool'))));
    case 'crank_run':
      return resultOf(await runTool(platform, asked, given, at('/input')));
    case 'crank_promote':
      return resultOf(await promoteTool(platform, asked, given));
    case 'crank_call': {
      const name = given['tool'];
      if (typeof name !== 'string') throw new ProtocolError(ProtocolErrorCode.InvalidParams, '"tool" must be a text.');
      return operationCall(platform, session, name, at('/arguments'), asked, context);
    }
    default:
      return operationCall(platform, session, request.name, at(''), asked, context);
  }
};

const operationCall = async (
  platform: Platform,
  session: Session,
  tool: string,
  input: string | undefined,
  asked: Asked,
  context: ServerContext,
): Promise<Record<string, unknown>> => {
  const { principal } = session;
  const found = await findTool(platform, session, tool);
  if (found === undefined) throw unknownTool(tool);
  const { service, operation, version } = found;
  const { operation: described } = version.operation(operation);
  const later = takesTasks(context) && takesLong(version.manifest.limits.wallMs, described);
  const at = { principal, service, operation };
  return resultOf(await callOperation(platform, { ...asked, later }, at, input), context);
};

/** A result; of a job a task, or where the client knows none, what to do about it. */
const resultOf = (outcome: ToolOutcome, context?: ServerContext): Record<string, unknown> => {
  if (outcome.type === 'result') return outcome.result;
  const { job } = outcome;
  if (context !== undefined && takesTasks(context)) return { resultType: 'task', ...taskOf(job) };
  const text = `The call goes on as the job ${job.id}${job.approval === null ? '' : ': somebody has to approve it'}. Ask for it over HTTP at /v1/jobs/${job.id}; do not make it again.`;
  const told: CallToolResult = { isError: true, content: [{ type: 'text', text }], _meta: { 'crank/job': job } };
  return told;
};

/** The latest version of the service that a tool is of, and the operation; undefined where there is none to be seen. */
const findTool = async (platform: Platform, { principal, services }: Session, tool: string) => {
  const service = serviceOfTool(tool);
  if (service === undefined || services?.includes(service) === false) return undefined;
  try {
    const version = await platform.catalog.resolve(principal.account, service);
    const operation = toolsOf(service, version.manifest).get(tool);
    return operation === undefined ? undefined : { service, operation, version };
  } catch (error) {
    if (error instanceof CrankError && error.code === 'not-found') return undefined;
    throw error;
  }
};

const unknownTool = (name: string): ProtocolError =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool: ${name.slice(0, 80)}. tools/list names those that there are, or crank_search finds them.`,
  );

/** `crank_describe` @throws CrankError `not-found` */
const describeTool = async (platform: Platform, session: Session, name: string): Promise<object> => {
  const all = await callables(platform, session.authorization, session.services);
  const found = all.map(toolOf).find((tool) => tool.name === name);
  if (found !== undefined) return found;
  throw new CrankError(
    'not-found',
    `There is no tool "${name.slice(0, 80)}" that you may call: crank_search finds those.`,
  );
};

/** Progress as its notifications, where the client asked for them. What is said must grow, and a script may not know how far it is. */
const progressTo = (context: ServerContext): ((progress: Progress) => void) | undefined => {
  const token = context.mcpReq._meta?.progressToken;
  if (token === undefined) return undefined;
  let last = -1;
  return ({ fraction, message }) => {
    last = Math.max(fraction ?? 0, last + 1e-6);
    const params = { progressToken: token, progress: last, total: 1, ...(message !== '' && { message }) };
    // Nobody may listen any more: the call's end shows that.
    context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
};

const RECEIPT = /^crank:\/\/receipts\/([a-z]+_[0-9a-z]{26})$/;

/** `resources/read`: receipts. @throws ProtocolError */
export const readReceipt = async (platform: Platform, { authorization }: Session, uri: string) => {
  const id = RECEIPT.exec(uri)?.[1];
  const none = new ProtocolError(ProtocolErrorCode.InvalidParams, `Resource not found: ${uri.slice(0, 200)}`, { uri });
  if (id === undefined) throw none;
  try {
    const receipt = await getReceipt(platform, authorization, id);
    return { contents: [{ uri, mimeType: 'application/json', text: Buffer.from(receipt).toString() }] };
  } catch (error) {
    throw error instanceof CrankError ? none : error;
  }
};
