import { CrankError } from '#src/core/error.ts';
import type { Client } from './client.ts';

/** A message of JSON-RPC 2.0, as far as passing it on needs. */
interface Message {
  id?: string | number;
  method?: string;
  params?: {
    name?: unknown;
    uri?: unknown;
    taskId?: unknown;
    requestId?: string | number;
    _meta?: Readonly<Record<string, unknown>>;
  };
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const PARSE_ERROR = -32700;
const INTERNAL_ERROR = -32603;

/**
 * MCP's stdio transport on one side (a message a line), streamable HTTP of a node on the other. Messages go through as they
 * were written, so that numbers keep their digits; only the headers that HTTP asks for are added.
 */
export class McpProxy {
  readonly #client: Client;
  readonly #query: Readonly<Record<string, string | undefined>>;
  readonly #say: (line: string) => void;
  readonly #running = new Map<string | number, AbortController>();
  readonly #all = new Set<Promise<void>>();
  /** Negotiated by `initialize`, for clients of before 2026-07-28, which name it once. */
  #version: string | undefined;
  /** Their first request is answered before others are sent. */
  #initialized: Promise<void> = Promise.resolve();

  constructor(
    client: Client,
    options: { query: Readonly<Record<string, string | undefined>>; say: (line: string) => void },
  ) {
    this.#client = client;
    this.#query = options.query;
    this.#say = options.say;
  }

  /** Passes on one line; its answers are said when they come. */
  take(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      this.#fail(null, PARSE_ERROR, 'This line is no JSON.');
      return;
    }
    // Who closes the connection cancels the call (revision 2026-07-28), so that this need not be told to the node.
    if (message.method === 'notifications/cancelled') {
      this.#running.get(message.params?.requestId ?? '')?.abort();
      return;
    }
    const passed = this.#initialized.then(() => this.#pass(message, line));
    if (message.method === 'initialize') this.#initialized = passed;
    this.#all.add(passed);
    void passed.finally(() => this.#all.delete(passed));
  }

  /** Resolves when all that was taken is answered. */
  async ended(): Promise<void> {
    while (this.#all.size > 0) await Promise.all(this.#all);
  }

  async #pass(message: Message, line: string): Promise<void> {
    const { id } = message;
    const controller = new AbortController();
    if (id !== undefined) this.#running.set(id, controller);
    try {
      const response = await this.#client.send('/mcp', {
        method: 'POST',
        query: this.#query,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...this.#headers(message),
        },
        body: line,
        signal: controller.signal,
        answers: true,
      });
      for await (const answer of messagesOf(response)) {
        if (message.method === 'initialize') this.#note(answer);
        this.#say(answer);
      }
    } catch (error) {
      if (controller.signal.aborted || id === undefined) return;
      const said = error instanceof CrankError ? error.message : 'The connection to the node broke off.';
      this.#fail(id, INTERNAL_ERROR, said);
    } finally {
      if (id !== undefined) this.#running.delete(id);
    }
  }

  /** Headers that say what the message says (SEP-2243). */
  #headers({ method, params }: Message): Record<string, string> {
    const version = params?._meta?.[VERSION_KEY];
    if (typeof version !== 'string')
      return this.#version === undefined || method === 'initialize' ? {} : { 'mcp-protocol-version': this.#version };
    const name = [params?.name, params?.uri, params?.taskId].find((one) => typeof one === 'string');
    return {
      'mcp-protocol-version': version,
      ...(method !== undefined && { 'mcp-method': method }),
      ...(typeof name === 'string' && { 'mcp-name': headerText(name) }),
    };
  }

  #note(answer: string): void {
    const { result } = JSON.parse(answer) as { result?: { protocolVersion?: string } };
    this.#version = result?.protocolVersion ?? this.#version;
  }

  #fail(id: string | number | null, code: number, message: string): void {
    this.#say(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
  }
}

/** What a header cannot carry as it is goes in Base64 (SEP-2243). */
const headerText = (text: string): string =>
  /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** The messages of an answer, each as a line: one of JSON, or those of server-sent events. */
async function* messagesOf(response: Response): AsyncGenerator<string, void, void> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!isStream) {
    const text = (await response.text()).trim();
    if (text !== '') yield text.replace(/[\r\n]+/g, ' ');
    return;
  }
  let left = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    left += piece;
    for (let end = left.search(/\r?\n\r?\n/); end !== -1; end = left.search(/\r?\n\r?\n/)) {
      const event = left.slice(0, end);
      left = left.slice(end).replace(/^\r?\n\r?\n/, '');
      const data = event
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join(' ');
      if (data !== '') yield data;
    }
  }
}
