import { actorOf } from '#src/core/actor.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';

/** A decision as Open Policy Agent logs it (openpolicyagent.org, "Decision Logs"). */
export interface DecisionEvent {
  /** The node, and what wrote it. */
  labels: Readonly<Record<string, string>>;
  /** As it stands in the receipt. */
  decision_id: string;
  /** Digests of the bundles that were asked. */
  bundles: Readonly<Record<string, { revision: string }>>;
  /** The decision point: `crank/authorise`, `crank/input` or `crank/output`. */
  path: string;
  /** What policy was asked; without what `erased` names. */
  input?: unknown;
  /** What it decided. */
  result?: unknown;
  /** Who asked: the principal's id. */
  requested_by: string;
  /** RFC 3339. */
  timestamp: string;
  metrics: Readonly<Record<string, number>>;
  /** Empty: no rule has a clock, a network or chance, so that the same input gives the same result again. */
  nd_builtin_cache: Readonly<Record<string, never>>;
  /** JSON Pointers of what was taken out, and of what was replaced. */
  erased?: string[];
  masked?: string[];
}

/** Never logged: what a service answered, as it was before policy took something out. */
const OUTPUT = 'output_fields';

/**
 * The event of a decision.
 *
 * @param request with `output_fields` where it was on an output
 * @param took milliseconds until it was there, waiting included
 * @param more.redact what was to be taken out of the output
 * @param more.payloads whether the arguments are among it
 */
export const eventOf = (
  request: PolicyRequest & { output_fields?: unknown },
  decision: Decision,
  took: number,
  {
    redact,
    payloads,
    labels,
  }: { redact?: readonly string[]; payloads: boolean; labels: Readonly<Record<string, string>> },
): DecisionEvent => {
  const { [OUTPUT]: output, content, ...input } = request;
  const { id, point, bundles, allow, reasons, obligations, limits, cpus, egress, workspaces } = decision;
  const erased = [
    ...(content !== undefined && !payloads ? ['/input/content'] : []),
    ...(output === undefined ? [] : [`/input/${OUTPUT}`]),
  ];
  return {
    labels,
    decision_id: id,
    bundles: Object.fromEntries(Object.entries(bundles).map(([name, revision]) => [name, { revision }])),
    path: `crank/${point}`,
    input: { point, ...input, ...(payloads && content !== undefined && { content }) },
    result: { allow, reasons, obligations, limits, cpus, egress, workspaces, ...(redact && { redact }) },
    requested_by: actorOf(request.principal),
    timestamp: new Date().toISOString(),
    metrics: { timer_server_handler_ns: Math.round(took * 1e6) },
    nd_builtin_cache: {},
    ...(erased.length > 0 && { erased }),
  };
};
