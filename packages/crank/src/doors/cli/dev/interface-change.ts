import type { Operation } from '#src/core/service.ts';
import { parameters } from '../commands/deploy.ts';

/** How an interface changed, a line for each operation: `+` is new, `-` is gone, `~` is another one than before. */
export const interfaceChange = (
  service: string,
  before: readonly Operation[] | undefined,
  now: readonly Operation[],
): string[] => {
  const say = (sign: string, operation: Operation): string =>
    `  ${sign} ${service}.${operation.name}(${parameters(operation)})`;
  if (before === undefined) return now.map((operation) => say(' ', operation));
  const old = new Map(before.map((operation) => [operation.name, operation]));
  const names = new Set(now.map(({ name }) => name));
  return [
    ...now.flatMap((operation) => {
      const was = old.get(operation.name);
      if (was === undefined) return [say('+', operation)];
      return interfaceOf(was) === interfaceOf(operation) ? [] : [say('~', operation)];
    }),
    ...before.filter(({ name }) => !names.has(name)).map((operation) => say('-', operation)),
  ];
};

const interfaceOf = ({ input, output, result, files }: Operation): string =>
  JSON.stringify([input, output, result, files]);
