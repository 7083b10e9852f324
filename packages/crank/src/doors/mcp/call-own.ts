import type { CallToolResult } from '@modelcontextprotocol/server';
import { CrankError } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { search } from '#src/platform/discovery/search.ts';
import type { Platform } from '#src/platform/platform.ts';
import { promote } from '#src/platform/run/promote.ts';
import { runCode } from '#src/platform/run/run-code.ts';
import { type Asked, callTool, type ToolOutcome } from './call-tool.ts';
import { problemContent } from './content.ts';
import { toolName } from './tool-name.ts';

type Arguments = Readonly<Record<string, unknown>>;

const bad = (message: string): CrankError => new CrankError('malformed-request', message);

/** @throws CrankError `malformed-request` */
export const textOf = (given: Arguments, name: string): string => {
  const value = given[name];
  if (typeof value === 'string' && value !== '') return value;
  throw bad(`The argument "${name}" must be a text.`);
};

const maybeText = (given: Arguments, name: string): string | undefined =>
  given[name] === undefined ? undefined : textOf(given, name);

/** An answer of the platform about itself, as the result of a tool. Nothing of it is a call, so that it has no receipt. */
export const answerOf = async (platform: Platform, ask: () => Promise<object>): Promise<ToolOutcome> => {
  let result: CallToolResult;
  try {
    const value = await ask();
    result = {
      content: [{ type: 'text', text: JSON.stringify(value) }],
      structuredContent: value as Record<string, unknown>,
    };
  } catch (error) {
    if (!(error instanceof CrankError)) throw error;
    platform.refusals.countOnce(error, error.code);
    result = problemContent(problemOf(error, false));
  }
  return { type: 'result', result };
};

/** `crank_search` */
export const searchTool = (
  platform: Platform,
  asked: Asked,
  given: Arguments,
  services: readonly string[] | undefined,
): Promise<ToolOutcome> =>
  answerOf(platform, async () => {
    const limit = given['limit'];
    if (limit !== undefined && typeof limit !== 'number') throw bad('The argument "limit" must be a number.');
    const found = await search(platform, asked.authorization, {
      text: maybeText(given, 'query'),
      takes: maybeText(given, 'takes'),
      gives: maybeText(given, 'gives'),
      limit,
      services,
    });
    return {
      found: found.map(({ service, operation, ...one }) => ({
        tool: toolName(service, operation.name),
        ...one,
        description: operation.description || one.description,
      })),
    };
  });

/** `crank_run` @param input JSON text of the arguments, as it was sent */
export const runTool = (
  platform: Platform,
  asked: Asked,
  given: Arguments,
  input: string | undefined,
): Promise<ToolOutcome> =>
  callTool(platform, asked, (begun) =>
    runCode(platform, {
      ...begun,
      read: async () => {
        const requirements = given['requirements'] ?? [];
        if (!Array.isArray(requirements) || !requirements.every((one) => typeof one === 'string'))
          throw bad('The argument "requirements" must be a list of texts.');
        return {
          code: textOf(given, 'code'),
          requirements,
          python: maybeText(given, 'python'),
          operation: maybeText(given, 'operation'),
          input: Buffer.from(input ?? '{}'),
        };
      },
    }),
  );

/** `crank_promote` */
export const promoteTool = (platform: Platform, asked: Asked, given: Arguments): Promise<ToolOutcome> =>
  answerOf(platform, async () => {
    const read = async () => ({ name: textOf(given, 'name') });
    const version = textOf(given, 'version');
    const {
      service,
      version: made,
      manifest,
      findings,
      receipt,
    } = await promote(platform, asked.authorization, version, read, asked.signal);
    const tools = Object.keys(manifest.operations).map((operation) => toolName(service, operation));
    return {
      service,
      version: made,
      tools,
      findings,
      ...(receipt && { receipt: `${asked.base}/v1/receipts/${receipt}` }),
    };
  });
