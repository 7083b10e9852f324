import { catalogue } from '../../packages/crank/src/core/error.ts';
import { type Route, sdkRoutes } from './sdk-routes.ts';

const ORIGIN = '# Written by `npm run check -- --write` from packages/crank/src: change it there.';
const KEYWORDS = new Set([
  'from',
  'in',
  'is',
  'as',
  'for',
  'with',
  'pass',
  'class',
  'def',
  'global',
  'import',
  'lambda',
]);

const snake = (name: string): string => name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`);
const pythonName = (name: string): string => {
  const plain = snake(name).replace(/\W/g, '_');
  return KEYWORDS.has(plain) ? `${plain}_` : plain;
};

const methodOf = ({ method, path, operation, all }: Route): string => {
  const inPath = all.filter((each) => each.in === 'path');
  const inQuery = all.filter((each) => each.in === 'query');
  const body = operation.requestBody;
  const parameters = [
    ...inPath.map(({ name }) => `${pythonName(name)}: str`),
    ...(body === undefined ? [] : [body.required ? 'body: Any' : 'body: Any = None']),
    ...inQuery.map(({ name, required }) => `${pythonName(name)}: ${required ? 'Any' : 'Any = None'}`),
  ];
  const required = parameters.filter((each) => !each.includes(' = '));
  const optional = parameters.filter((each) => each.includes(' = '));
  const signature = ['self', ...required, ...(optional.length > 0 ? ['*', ...optional] : [])].join(', ');
  const pairs = (given: readonly { name: string }[]): string =>
    `{${given.map(({ name }) => `"${name}": ${pythonName(name)}`).join(', ')}}`;
  return `    def ${snake(operation.operationId)}(${signature}) -> Any:
        """${operation.summary.replaceAll('"', "'")}."""
        return self._ask("${method}", "${path}", ${pairs(inPath)}, ${pairs(inQuery)}, ${body === undefined ? 'None' : 'body'})
`;
};

/** Every operation of the node's API as a method of the Python client, from the node's own OpenAPI document. */
export const pythonApi = (): string => `"""Every operation of a node's API that the client has no way of its own for."""

${ORIGIN}

from typing import Any

from ._ask import Asking


class Api(Asking):
    """Members of the path come first, then the body, then what stands in the query. A list that comes in pages has \`cursor\`."""

${sdkRoutes().routes.map(methodOf).join('\n')}`;

/** Codes of errors with the exit code that tells their kind. */
export const pythonCodes = (): string => `"""Codes of errors, with the exit code of \`crank\` that tells their kind."""

${ORIGIN}

EXITS = {
${Object.entries(catalogue)
  .map(([code, { exit }]) => `    "${code}": ${exit},`)
  .join('\n')}
}
`;
