import { canonicalJson } from '#src/core/canonical-json.ts';
import { digest } from '#src/core/digest.ts';
import type { Isolation, Limits, Runtime } from '#src/core/service.ts';
import type { WantedWorkspaces } from '#src/core/workspace.ts';
import type { DeclaredOperation } from './manifest-file.ts';
import type { Source } from './source.ts';

/** Everything that decides how a version behaves. */
export interface VersionContent {
  readonly source: Source;
  readonly name: string;
  readonly entry: string;
  readonly runtime: Runtime;
  /** Interpreter series. */
  readonly python: string;
  readonly isolation: Isolation;
  readonly limits: Limits;
  readonly network: readonly string[] | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly workspaces?: WantedWorkspaces | undefined;
  readonly lock: string | null;
  readonly requirements: readonly string[];
  readonly description: string | undefined;
  readonly operations: ReadonlyMap<string, DeclaredOperation> | undefined;
}

/**
 * A version's digest: SHA-256 over the canonical JSON of what decides its behaviour, with every file by its own digest.
 * Times, modes and the order of files play no part. `format` changes when what is derived from the content changes.
 */
export const versionDigest = (content: VersionContent): string =>
  digest(
    canonicalJson({
      format: 2, // command lines are offered
      runtime: content.runtime,
      name: content.name,
      entry: content.entry,
      python: content.python,
      isolation: content.isolation,
      limits: content.limits,
      // Absent where nothing is asked for, as it was before there was such a thing.
      ...(content.network && { network: content.network }),
      ...(content.secrets && { secrets: content.secrets }),
      ...(content.workspaces && { workspaces: content.workspaces }),
      lock: content.lock,
      requirements: content.requirements,
      description: content.description ?? null,
      operations:
        content.operations === undefined ? null : [...content.operations].sort(([a], [b]) => (a < b ? -1 : 1)),
      files: [...content.source.files]
        .map(([path, bytes]) => [path, digest(bytes)])
        .sort(([a], [b]) => (a! < b! ? -1 : 1)),
    }),
  );
