/** What a client of MCP sends, revision 2026-07-28: each request says all that there is to know of it. */
export interface McpOptions {
  key: string;
  /** Behind `/mcp`. */
  query?: string;
  extensions?: Record<string, object>;
  signal?: AbortSignal;
  progressToken?: string;
}

export interface RpcAnswer {
  result?: Record<string, unknown> & {
    content?: { type: string; text?: string; resource?: { text?: string; mimeType?: string } }[];
    structuredContent?: Record<string, unknown>;
    isError?: boolean;
    _meta?: Record<string, string>;
  };
  error?: { code: number; message: string };
  /** Notifications that came before. */
  before: { method: string; params: Record<string, unknown> }[];
  text: string;
}

/** One request over MCP. */
export const rpc = async (
  url: string,
  method: string,
  params: Record<string, unknown>,
  { key, query = '', extensions = {}, signal, progressToken }: McpOptions,
): Promise<RpcAnswer> => {
  const name = params['name'] ?? params['uri'] ?? params['taskId'];
  const answer = await fetch(`${url}/mcp${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(name !== undefined && { 'mcp-name': String(name) }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'scripted agent', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': { extensions },
          ...(progressToken !== undefined && { progressToken }),
        },
      },
    }),
    ...(signal && { signal }),
  });
  const text = await answer.text();
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const messages = (isStream ? [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data!) : [text]).map(
    (one) => JSON.parse(one) as RpcAnswer & { method?: string },
  );
  return { ...messages.at(-1)!, before: messages.slice(0, -1) as unknown as RpcAnswer['before'], text };
};
