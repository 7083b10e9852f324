import type { JsonSchema } from '#src/core/service.ts';
import { count, list, object, text } from './schema-parts.ts';

export const settings = {
  quotaBytes: { ...count, description: 'What may be in it; 1 GiB where it is not said.' },
  keepSnapshots: { ...count, description: 'Earlier states that are kept, at most; 10 where it is not said.' },
  keepDays: { type: ['integer', 'null'], description: 'After which they are not; null: for ever.' },
} as const;

/** Of a service or operation. */
export const modes: JsonSchema = {
  type: 'object',
  additionalProperties: { ...text, enum: ['read', 'write'] },
  description: 'Workspaces that calls are given, by name.',
};

const digest = {
  type: 'string',
  pattern: '^sha256:[0-9a-f]{64}$',
  description: 'Salted, as receipts have it.',
} as const;

const workspace = {
  name: text,
  created: text,
  createdBy: text,
  ...settings,
  snapshot: count,
  files: count,
  bytes: count,
  digest,
  root: { ...text, description: 'Digest of its topmost folder.' },
  salt: { ...text, description: 'With it and `root` the digest is made.' },
} as const;
const entry = {
  path: text,
  type: { ...text, enum: ['file', 'folder', 'link'] },
  size: count,
  sha256: text,
  executable: { type: 'boolean' },
  target: text,
  files: count,
} as const;
const optional = ['size', 'sha256', 'executable', 'target', 'files'];

export const workspaceSchemas: Readonly<Record<string, JsonSchema>> = {
  Workspace: object(workspace),
  SetWorkspace: object({ ...workspace, receipt: text }),
  WorkspaceSummary: object({
    name: text,
    quotaBytes: count,
    created: text,
    files: count,
    bytes: count,
    snapshot: count,
  }),
  WorkspaceFiles: object({ files: list(object(entry, optional)), next: text }, ['next']),
  WorkspaceFile: object(
    { ...entry, receipt: { type: ['string', 'null'], description: 'Null: it is as it was.' } },
    optional,
  ),
  Snapshot: object({ number: count, made: text, madeBy: text, files: count, bytes: count, digest, receipt: text }, [
    'receipt',
  ]),
};
