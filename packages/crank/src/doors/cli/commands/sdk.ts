import { writeFile } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import { type BoundService, typescriptBindings } from '../bindings/typescript.ts';
import { type Command, type Context, one } from '../command.ts';

/** Digits that a version is pinned by. */
const DIGITS = 16;

interface Page {
  services: BoundService[];
  cursor: string | null;
}

const allServices = async ({ client }: Context): Promise<BoundService[]> => {
  const services: BoundService[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.json<Page>('/v1/services', { query: { cursor } });
    services.push(...page.services);
    if (page.cursor === null) return services;
    cursor = page.cursor;
  }
};

export const generateSdk: Command = {
  name: 'sdk generate',
  summary: 'write typed bindings of services, for crank-sdk',
  args: [['[services...]', 'all that you may see where absent']],
  options: [
    { flags: '--pin', help: 'call exactly the versions of now, rather than the latest ones' },
    { flags: '-o, --output <file>', help: 'where to; otherwise it is printed' },
  ],
  run: async (context, names, options) => {
    const all = await allServices(context);
    const missing = names.find((name) => all.every((service) => service.name !== name));
    if (missing !== undefined)
      throw new CrankError(
        'not-found',
        `There is no service ${missing}: \`crank services\` lists those that you may see.`,
      );
    const services = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
    const text = typescriptBindings(services, ({ name, version }) =>
      options['pin'] === true ? `${name}@${version.replace('sha256:', '').slice(0, DIGITS)}` : name,
    );
    const file = one(options, 'output');
    if (file === undefined) return context.write(Buffer.from(text));
    await writeFile(file, text);
    context.print({ file, services: services.map(({ name }) => name) }, () => `${file}: ${services.length} services`);
  },
};
