import { canonicalJson } from '#src/core/canonical-json.ts';
import { digest } from '#src/core/digest.ts';

export type RegoVersion = 'v0' | 'v1';

/** Policy compiled: what is stored, and all that evaluation needs. */
export interface PolicyBundle {
  /** The Rego package (`crank.privacy`); several packages joined by `+`. Unique in its layer. */
  name: string;
  /** Packages of the sources, sorted. */
  packages: readonly string[];
  /** Rules that are asked, as paths: `crank/privacy/redact_pii`. */
  entrypoints: readonly string[];
  regoVersion: RegoVersion;
  /** `data` of the policy: JSON text of an object. */
  data: string;
  /** `sha256:...` over name, entrypoints, version, data and WASM. */
  digest: string;
  wasm: Uint8Array;
}

/** `account` stands over all services of an account, `service:NAME` over one. The platform's own layer is not among them: nobody applies to it. */
export type PolicyLayer = 'account' | `service:${string}`;

/** A bundle in force. */
export interface AppliedBundle extends PolicyBundle {
  account: string;
  layer: PolicyLayer;
}

/** The content digest of a bundle: SHA-256 over the canonical JSON of its parts, WASM and data standing there by their own. */
export const bundleDigest = (bundle: Omit<PolicyBundle, 'digest' | 'packages'>): string =>
  digest(
    canonicalJson({
      name: bundle.name,
      entrypoints: bundle.entrypoints,
      regoVersion: bundle.regoVersion,
      data: digest(bundle.data),
      wasm: digest(bundle.wasm),
    }),
  );
