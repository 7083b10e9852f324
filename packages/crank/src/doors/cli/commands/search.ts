import { type Command, one } from '../command.ts';
import { table } from '../table.ts';

interface Found {
  service: string;
  operation: string;
  description: string;
  isolation: string;
  measured: { latencyMs: number; price: { amount: string } } | null;
}

export const search: Command = {
  name: 'search',
  summary: 'find operations by words, or by what goes in and comes out',
  args: [['[query]', "such as 'count words' or 'takes a PDF, gives text'"]],
  options: [
    { flags: '--takes <what>', help: 'what goes in, such as PDF' },
    { flags: '--gives <what>', help: 'what comes out, such as text' },
    { flags: '--limit <n>', help: 'how many at most (10)' },
  ],
  run: async (context, [query], options) => {
    const { found } = await context.client.json<{ found: Found[] }>('/v1/search', {
      query: {
        q: query,
        takes: one(options, 'takes'),
        gives: one(options, 'gives'),
        limit: one(options, 'limit'),
      },
    });
    context.print(found, () =>
      found.length === 0
        ? 'nothing that you may call fits'
        : table(
            ['operation', 'ms', 'usd', 'description'],
            found.map(({ service, operation, description, measured }) => [
              `${service}.${operation}`,
              measured === null ? '-' : String(measured.latencyMs),
              measured === null ? '-' : measured.price.amount,
              description.split('\n')[0]!.slice(0, 60),
            ]),
          ),
    );
  },
};
