interface Question {
  model: string;
  system: string;
  user: string;
  schema: object;
  /** That the answer may have. */
  tokens: number;
}

interface Dialect {
  path: string;
  headers(key: string | undefined): Record<string, string>;
  body(question: Question): object;
  /** What was answered, and what it took; undefined where the endpoint does not say. */
  read(body: unknown): { answer: unknown; tokens?: { input: number; output: number } | undefined };
}

interface OpenAiAnswer {
  choices?: { message?: { content?: string | null } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number };
}

interface AnthropicAnswer {
  content?: { type?: string; input?: unknown; text?: string }[];
  usage?: { input_tokens?: number; output_tokens?: number };
}

const tokensOf = (input: unknown, output: unknown): { input: number; output: number } | undefined =>
  typeof input === 'number' && typeof output === 'number' && input >= 0 && output >= 0 ? { input, output } : undefined;

/** How endpoints want to be asked. */
export const dialects: Readonly<Record<'openai' | 'anthropic', Dialect>> = {
  /** Chat completions with `response_format: json_schema`. */
  openai: {
    path: '/chat/completions',
    headers: (key) => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
    body: ({ model, system, user, schema, tokens }) => ({
      model,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'labels', strict: true, schema } },
      temperature: 0,
      max_tokens: tokens,
    }),
    read: (body) => {
      const { choices, usage } = body as OpenAiAnswer;
      return {
        answer: choices?.[0]?.message?.content ?? '',
        tokens: tokensOf(usage?.prompt_tokens, usage?.completion_tokens),
      };
    },
  },
  /** Messages, with a tool that has to be used: its input is the answer. */
  anthropic: {
    path: '/messages',
    headers: (key) => ({ 'anthropic-version': '2023-06-01', ...(key !== undefined && { 'x-api-key': key }) }),
    body: ({ model, system, user, schema, tokens }) => ({
      model,
      system,
      messages: [{ role: 'user', content: user }],
      tools: [{ name: 'labels', description: 'Takes the labels.', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'labels' },
      temperature: 0,
      max_tokens: tokens,
    }),
    read: (body) => {
      const { content = [], usage } = body as AnthropicAnswer;
      const tool = content.find(({ type }) => type === 'tool_use');
      return {
        answer: tool?.input ?? content.map(({ text = '' }) => text).join(''),
        tokens: tokensOf(usage?.input_tokens, usage?.output_tokens),
      };
    },
  },
};
