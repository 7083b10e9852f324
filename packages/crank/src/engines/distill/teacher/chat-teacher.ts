import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { dialects } from './dialects.ts';
import { readAnswers, schemaOf, systemOf, userOf, type Wording } from './prompt.ts';
import { type Ask, type Task, type Teacher, TeacherError } from './task.ts';

/** Where a teacher is, and what it asks for its work. */
export interface ChatOptions {
  /** `openai`: what OpenAI, Ollama, vLLM and llama.cpp speak. */
  api: 'openai' | 'anthropic';
  /** Up to the version: `https://api.openai.com/v1`. */
  url: string;
  model: string;
  /** US dollars for a million tokens. A model on one's own machine costs 0. */
  prices: { input: number; output: number };
  batch: number;
  key?: string | undefined;
  wording: Wording;
  /** `fetch`, where it is not told otherwise. */
  send?: typeof fetch;
  /** Milliseconds to wait before an attempt, where the teacher does not say. */
  pauseMs?: number;
}

const ATTEMPTS = 6;
const ANSWER_MS = 120_000;
const LONGEST_PAUSE_MS = 120_000;
/** Tokens that a label takes in an answer, with its number and what JSON has around them. */
const TOKENS_AN_ANSWER = 40;
/** Failures that another attempt may mend: of rate, of the service, of what stands before it (529: Anthropic's `overloaded`). */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 529]);

/** A teacher behind a chat endpoint: asked in batches for structured output, again where it is busy, by its own word of when. */
export const chatTeacher = (task: Task, options: ChatOptions): Teacher => {
  const { url, model, prices, key, batch, wording, send = fetch, pauseMs = 1_000 } = options;
  const dialect = dialects[options.api];
  const system = systemOf(task, wording);
  const id = createHash('sha256')
    .update(JSON.stringify([options.api, url, model, system]))
    .digest('hex');
  const requestOf = (asks: readonly Ask[]) =>
    JSON.stringify(
      dialect.body({
        ...{ model, system, user: userOf(asks), schema: schemaOf(task) },
        tokens: 100 + TOKENS_AN_ANSWER * asks.length,
      }),
    );
  const costOf = (input: number, output: number): number => Math.ceil(input * prices.input + output * prices.output);
  // A token is at least a byte of what is sent.
  const mostOf = (asks: readonly Ask[]): number =>
    costOf(Buffer.byteLength(requestOf(asks)), 100 + TOKENS_AN_ANSWER * asks.length);

  return {
    id,
    batch,
    most: mostOf,
    ask: async (asks, signal) => {
      const body = requestOf(asks);
      let lost = 0;
      for (let attempt = 1; ; attempt++) {
        const outcome = await once(
          send,
          `${url.replace(/\/+$/, '')}${dialect.path}`,
          dialect.headers(key),
          body,
          signal,
        );
        if ('answer' in outcome) {
          const { answer, tokens } = dialect.read(outcome.answer);
          const labels = readAnswers(answer, task, asks.length);
          return {
            labels: new Map([...labels].map(([item, label]) => [asks[item]!.key, label])),
            microUsd: lost + (tokens === undefined ? mostOf(asks) : costOf(tokens.input, tokens.output)),
          };
        }
        // Nobody knows what is on the bill for a request whose answer did not arrive.
        if (outcome.isLost) lost += mostOf(asks);
        if (attempt >= ATTEMPTS || !outcome.isPassing || outcome.isLost || signal?.aborted)
          throw new TeacherError(outcome.why, lost, outcome.isLost);
        const pause = outcome.pauseMs ?? pauseMs * 2 ** (attempt - 1);
        await wait(Math.min(LONGEST_PAUSE_MS, pause), undefined, { signal });
      }
    },
  };
};

type Outcome = { answer: unknown } | { why: string; isPassing: boolean; isLost: boolean; pauseMs?: number };

const once = async (
  send: typeof fetch,
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal | undefined,
): Promise<Outcome> => {
  const ends = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), ...(signal ? [signal] : [])]);
  let response: Response;
  let text: string;
  try {
    response = await send(url, {
      ...{ method: 'POST', body, signal: ends, redirect: 'error' },
      headers: { 'content-type': 'application/json', ...headers },
    });
    text = await response.text();
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    const refused = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(String((cause as { code?: string } | undefined)?.code));
    const why = `The teacher at ${url} does not answer: ${cause?.message || message}.`;
    return { why, isPassing: refused, isLost: !refused };
  }
  if (response.ok) {
    try {
      return { answer: JSON.parse(text) };
    } catch {
      return { why: `The teacher at ${url} answers with what is no JSON.`, isPassing: false, isLost: true };
    }
  }
  return {
    why: `The teacher at ${url} answers ${response.status}: ${text.slice(0, 300)}`,
    isPassing: PASSING.has(response.status),
    isLost: false,
    ...pauseOf(response.headers.get('retry-after')),
  };
};

/** RFC 9110, section 10.2.3: seconds, or a date. */
const pauseOf = (value: string | null): { pauseMs?: number } => {
  if (value === null) return {};
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? { pauseMs: Math.max(0, ms) } : {};
};
