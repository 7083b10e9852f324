import { createInterface } from 'node:readline';
import { CrankError } from '#src/core/error.ts';
import { type Command, one } from '../command.ts';
import { McpProxy } from '../mcp-proxy.ts';

export const mcp: Command = {
  name: 'mcp',
  summary: 'Model Context Protocol over stdio, for desktop agents: passes everything on to the node',
  options: [
    { flags: '--services <names>', help: 'show the operations of these services alone, separated by commas' },
    { flags: '--tools <n>', help: 'list up to so many one by one (50); beyond, tools that search stand for them' },
  ],
  run: async (context, _args, options) => {
    const proxy = new McpProxy(context.client, {
      query: { services: one(options, 'services'), tools: one(options, 'tools') },
      say: (line) => void process.stdout.write(`${line}\n`),
    });
    const lines = createInterface({ input: process.stdin, signal: context.signal });
    // What runs when the agent closes its end is answered first.
    for await (const line of lines) if (line.trim() !== '') proxy.take(line);
    if (context.signal.aborted) throw new CrankError('cancelled', 'Stopped.');
    await proxy.ended();
  },
};
