import type { Tool } from '@modelcontextprotocol/server';
import type { JsonObject, Manifest, Operation } from '#src/core/service.ts';
import type { Listed } from '#src/platform/discovery/directory.ts';
import { toolName } from './tool-name.ts';
import { inputSchema, outputSchema } from './tool-schemas.ts';

const made = new WeakMap<Operation, Tool>();

/** An operation as a tool. */
export const toolOf = ({ service, manifest, operation }: Listed): Tool => {
  const known = made.get(operation);
  if (known !== undefined) return known;
  const output = outputSchema(operation);
  const tool: Tool = {
    name: toolName(service, operation.name),
    title: `${service}.${operation.name}`,
    description: descriptionOf(manifest, operation),
    inputSchema: inputSchema(operation) as Tool['inputSchema'],
    ...(output && { outputSchema: output as NonNullable<Tool['outputSchema']> }),
    annotations: annotationsOf(manifest, operation),
  };
  made.set(operation, tool);
  return tool;
};

/** What it does; how files are given, which no schema says. */
const descriptionOf = (manifest: Manifest, operation: Operation): string => {
  const files = operation.files.length > 0 ? `Files (${operation.files.join(', ')}) are {"name", "base64"}.` : '';
  const example = operation.example === undefined ? '' : `Example: ${JSON.stringify(operation.example)}`;
  return [operation.description || manifest.description, files, example].filter((text) => text !== '').join('\n\n');
};

/**
 * What a call may do, as far as its sandbox lets it: without a network and without a workspace to write to, nothing that
 * remains. Secrets alone reach nothing.
 */
const annotationsOf = (manifest: Manifest, operation: Operation): NonNullable<Tool['annotations']> => {
  const workspaces: JsonObject = { ...manifest.workspaces, ...operation.workspaces };
  const network = (manifest.network ?? []).length > 0;
  const readOnly = !network && !Object.values(workspaces).some((mode) => mode !== 'read');
  return {
    readOnlyHint: readOnly,
    destructiveHint: !readOnly,
    idempotentHint: readOnly || operation.idempotent === true,
    openWorldHint: network,
  };
};
