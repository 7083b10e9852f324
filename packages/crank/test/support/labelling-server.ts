import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drawFrom } from '#src/engines/distill/random.ts';
import { hashOf } from '#src/engines/distill/serving/features.ts';

/** What a labelling server does beside answering. */
export interface LabellingOptions {
  /** The true label of a text. */
  truth: (text: string) => string;
  labels: readonly string[];
  /** Share of answers that are another label than the true one: the same for the same text and wording, drawn anew for another wording. */
  wrong?: number;
  /** Before it answers: a status to refuse with and headers (0: the connection breaks), or nothing. `asked` counts from 1. */
  refuse?: (asked: number) => { status: number; headers?: Record<string, string> } | undefined;
  /** Resolves when the answer may go out. */
  hold?: (asked: number) => Promise<void> | undefined;
}

export interface LabellingServer {
  url: string;
  /** Requests that arrived. */
  asked: number;
  /** How often each text was answered. */
  answered: Map<string, number>;
  /** Tokens that were answered for: what a bill would have. */
  tokens: { input: number; output: number };
  /** The last request, as it was sent. */
  last: { path: string; headers: IncomingMessage['headers']; body: Record<string, unknown> } | undefined;
  close(): Promise<void>;
}

/**
 * No model: an endpoint that speaks like OpenAI's and Anthropic's, and answers from true labels with a share of wrong ones. It
 * stands for a teacher in tests and benches, where what is examined is what is made of a teacher's answers.
 */
export const startLabellingServer = async (options: LabellingOptions): Promise<LabellingServer> => {
  const { truth, labels, wrong = 0, refuse, hold } = options;
  const say = (text: string, wording: string): string => {
    const is = truth(text);
    const seed = hashOf(`${wording}\n${text}`);
    const draw = drawFrom(seed);
    if (draw() >= wrong) return is;
    const others = labels.filter((label) => label !== is);
    return others[Math.floor(draw() * others.length)]!;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text) as { system?: string; messages: { role: string; content: string }[] };
    server.last = { path: request.url!, headers: request.headers, body };
    server.asked += 1;
    const { asked } = server;
    const refusal = refuse?.(asked);
    if (refusal?.status === 0) return void response.destroy();
    if (refusal !== undefined) return void response.writeHead(refusal.status, refusal.headers).end('{"error":"busy"}');
    await hold?.(asked);
    const user = body.messages.findLast(({ role }) => role === 'user')!.content;
    const wording = body.system ?? body.messages[0]!.content;
    const { items } = JSON.parse(user) as { items: { item: number; text: string }[] };
    const answers = items.map(({ item, text: one }) => ({ item, label: say(one, wording) }));
    for (const { text: one } of items) server.answered.set(one, (server.answered.get(one) ?? 0) + 1);
    const usage = { input: Math.ceil(text.length / 4), output: 12 * items.length };
    server.tokens.input += usage.input;
    server.tokens.output += usage.output;
    const isAnthropic = request.url!.endsWith('/messages');
    const made = isAnthropic
      ? {
          content: [{ type: 'tool_use', name: 'labels', input: { answers } }],
          usage: { input_tokens: usage.input, output_tokens: usage.output },
        }
      : {
          choices: [{ message: { role: 'assistant', content: JSON.stringify({ answers }) } }],
          usage: { prompt_tokens: usage.input, completion_tokens: usage.output },
        };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(made));
  };
  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  http.keepAliveTimeout = 60_000; // a student may be trained between two questions
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const server: LabellingServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    ...{ asked: 0, answered: new Map(), tokens: { input: 0, output: 0 }, last: undefined },
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
};
