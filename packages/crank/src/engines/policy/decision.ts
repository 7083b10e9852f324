import type { Classification, ClassifyRule, RedactRule } from '#src/core/personal-data.ts';
import type { PolicyQuota } from '#src/core/quota.ts';
import type { Isolation, Limits, Principal, Runtime } from '#src/core/service.ts';
import type { WorkspaceMode } from '#src/core/workspace.ts';

/** When policy is asked: on what is known without the body, on the input, on the output. */
export type PolicyPoint = 'authorise' | 'input' | 'output';

/** What is acted on. Every id in it is the platform's, not the caller's word. */
export interface PolicyResource {
  /** `service`, `operation`, `call`, `receipt`, `usage`, `log`, `key`, `policy` */
  type: string;
  /** The account that owns it. */
  account: string;
  service?: string;
  version?: string;
  operation?: string;
  /** What runs a service: `python`, `model`, `node` or `command`. */
  runtime?: Runtime;
  id?: string;
  /** Id of the principal that made it (a call, a receipt): its own are what a caller may read. */
  principal?: string;
  /** A service that its owner opened to all accounts. */
  public?: boolean;
}

/** `input` of a policy; policies/README.md documents it for authors. */
export interface PolicyRequest {
  /** `service.call`, `receipt.read`, ... */
  action: string;
  principal: Principal;
  resource: PolicyResource;
  /** What the call asks for, and from the input point on what it was granted. */
  limits?: Limits;
  /** Destinations (`host:port`) that the service asks for, where it does. */
  network?: readonly string[];
  /** Names of the secrets that the operation asks for, where it does. */
  secrets?: readonly string[];
  /** Workspaces that the operation asks for, where it does. */
  workspaces?: readonly { name: string; mode: WorkspaceMode }[];
  /** Of a call that another one asked for: that one, and what is under way, `account/service.operation`, outermost first. */
  call?: { parent: string; chain: readonly string[] };
  /** Where the call would run, from the input point on: the regions that its operator says the node is in, and the level. */
  node?: { regions: readonly string[]; isolation: Isolation };
  /** What the call may cost at most, by its limit on CPU time: dollars, from the input point on. */
  spend?: { at_most_usd: number };
  /** When, RFC 3339; now where absent. */
  time?: string;
  /** The arguments of the call, from the input point on. */
  content?: unknown;
  /** How confidential they are, from the input point on; absent where nobody said. */
  classification?: Classification;
}

/** One answer of policy. The first six members are what a receipt says of it. */
export interface Decision {
  /** `dec_...` */
  id: string;
  point: PolicyPoint;
  allow: boolean;
  /** Digests of the bundles evaluated, by name; `name@service:S` and `name@account:A` for other layers than the account's of the resource. */
  bundles: Readonly<Record<string, string>>;
  /** What must be done with an allowed request (`encryption:AES-256`) or about a refused one (`hide-existence`). */
  obligations: readonly string[];
  /** Why not; empty where allowed. */
  reasons: readonly string[];
  /** Where denied: whether by the platform's own rules or by a bundle that somebody applied. */
  by?: 'platform' | 'applied';
  /** All limits of the call, final as of this point; present where the request had limits and is allowed. */
  limits?: Limits;
  /** CPUs that policy requires, where it does. */
  cpus?: number;
  /** Destinations (`host:port`, `*.name:port`) that policy grants, where it was asked for any. */
  egress?: readonly string[];
  /** Workspaces (`name:read`, `name:write`) that policy grants, where it was asked for any. */
  workspaces?: readonly string[];
  /** What policy wants kept of the call, at the input point. */
  retain?: Retention;
  /** Why another principal has to approve the call before it runs, where one has to. */
  approval?: readonly string[];
  /** What may be spent within a period on calls that it is said of. */
  caps?: readonly SpendCap[];
  /** What has to be found in the answer and taken out, at the input point. */
  clean?: readonly RedactRule[];
  /** How the arguments have to be labelled, at the authorise point. */
  classify?: readonly ClassifyRule[];
  /** What it counts against beside the node's own quotas, at the authorise point. */
  quotas?: readonly PolicyQuota[];
}

/** How much may be spent within a calendar period of UTC, on all calls that a cap of this name is put on. */
export interface SpendCap {
  /** Dollars. */
  usd: number;
  period: 'hour' | 'day' | 'month' | 'total';
  /** Whose spending counts together: each caller's, or that of the whole account that calls. */
  of: 'caller' | 'account';
  name: string;
  /** Whose rule it is. */
  account: string;
}

/** What is kept of a call's payloads, and for how long. */
export interface Retention {
  input: boolean;
  output: boolean;
  days: number;
}

/** A denial or a grant still without what the engine adds. */
export type Verdict = Pick<Decision, 'allow' | 'obligations' | 'reasons'> &
  Pick<
    Partial<Decision>,
    'limits' | 'cpus' | 'egress' | 'workspaces' | 'retain' | 'approval' | 'caps' | 'clean' | 'classify' | 'quotas'
  >;
