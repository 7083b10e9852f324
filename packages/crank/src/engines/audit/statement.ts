import type { Isolation, Limits } from '#src/core/service.ts';

/** Predicate type of a call's receipt; the schema is published in `vectors/receipt/call-v1.schema.json`. */
export const CALL_PREDICATE = 'https://crank.dev/receipt/call/v1';
/** Predicate type of an administrative act's receipt. */
export const ACT_PREDICATE = 'https://crank.dev/receipt/act/v1';

/** A salted commitment: `sha256:` hex of SHA-256(salt ‖ bytes), the salt being 32 random bytes. */
export type Commitment = string;

/** Who acted. */
export interface StatedPrincipal {
  account: string;
  /** Of the credential, never the secret. */
  id: string;
  /** The trusted issuer whose token it was. */
  issuer?: string;
  kind: string;
  /** The user or key whose word it acted on. */
  onBehalfOf?: string;
  role: string;
  /** What its token was for, where that was less than its role. */
  scopes?: readonly string[];
  /** The token that it was shown by. */
  tokenId?: string;
}

/** Digests of the salts behind a receipt's commitments (`saltDigest`). */
export interface Salts {
  input?: string;
  subject: string;
}

export interface ReceiptDecision {
  id: string;
  /** `authorise`, `input` or `output`. */
  point: string;
  allow: boolean;
  /** Digests of the bundles evaluated, by name. */
  bundles: Readonly<Record<string, string>>;
  obligations: readonly string[];
  reasons: readonly string[];
}

/**
 * What a receipt says about a call. Times are RFC 3339 in UTC; amounts of money are decimal strings in `currency`.
 * Written with its members, and those of the objects within, in canonical order (RFC 8785): `receiptStatement` relies on it.
 */
export interface CallPredicate {
  call: string;
  /** `complete`, or `opening` for the entry that precedes a stream's first byte. */
  stage: 'complete' | 'opening';
  received: string;
  finished: string;
  node: string;
  account: string;
  principal: StatedPrincipal;
  service: string;
  version: string;
  operation: string;
  input: Commitment;
  /** How confidential the input is, where somebody said so. */
  classification?: string;
  decisions: readonly ReceiptDecision[];
  isolation: Isolation;
  limits: Limits;
  /** `ok` or the error code. */
  outcome: string;
  /** `egressBytes`: both ways, of calls that had a network. */
  usage: { cpuNs: number; cpuSource: string; egressBytes?: number; wallNs: number; peakMemoryBytes: number };
  /** Of calls that had a network: what went where over connections (TLS included), and how many requests were refused. */
  egress?: {
    destinations: readonly { connections: number; destination: string; receivedBytes: number; sentBytes: number }[];
    refused: number;
  };
  energy: { joules: number; grade: 'A' | 'B' | 'C' | 'D'; source?: string; uncertainty: string };
  carbon: { grams: number; gridGramsPerKwh: number; source: string };
  /**
   * `price` and `quote`: ids, where the service has a price of its own, and where the call named a quote. `quantity` and `unit`: of lines of that
   * price. The lines add up to the total.
   */
  charge: {
    currency: 'USD';
    lines: readonly { kind: string; amount: string; quantity?: string; unit?: string }[];
    price?: string;
    quote?: string;
    total: string;
  };
  /** Receipt that this one follows: a stream's opening. */
  predecessor?: string;
  /** Trace that it is part of (W3C Trace Context): 32 hexadecimal digits. */
  trace?: string;
  /** Call that asked for this one. */
  parent?: string;
  /** Calls that it asked for, with the SHA-256 of what their receipts state (the payload of the envelope). */
  calls?: readonly { call: string; outcome: string; statement: string }[];
  /** What was taken out of the answer by type, where policy wanted it searched. */
  redacted?: readonly { count: number; type: string }[];
  salts: Salts;
  /** Of calls that were given secrets: which, never what they are. */
  secrets?: readonly { name: string; version: number }[];
  /** Of calls that were given workspaces: salted digests of their states before and after; the same where nothing was changed. */
  workspaces?: readonly { after: string; before: string; mode: 'read' | 'write'; name: string }[];
}

/** What a receipt says about an administrative act. */
export interface ActPredicate {
  act: string;
  /**
   * What was done, such as `service.deploy`, `key.create`, `policy.apply`, `node.start`, `log.rotate-key` or `budget.alert`:
   * docs/receipts.md lists them all.
   */
  kind: string;
  time: string;
  node: string;
  account: string;
  principal: StatedPrincipal;
  /** What was done, without secrets. */
  object: Readonly<Record<string, string | number | boolean | null>>;
  salts: Salts;
}
