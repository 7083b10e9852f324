/** What somebody promises of a service: a share of its calls is answered in time, or without a fault of its own. */
export interface SloRow {
  account: string;
  service: string;
  /** `latency` or `availability` */
  kind: string;
  /** Share of calls, such as 0.99. */
  target: number;
  /** Of `latency`: seconds within which a call is answered; null otherwise. */
  threshold: number | null;
  /** Where alerts go beside the log; null: nowhere. */
  webhook: string | null;
  /** What deliveries to it are signed with, encrypted; null where there is none. */
  wrapped_by: number | null;
  wrapped: Uint8Array | null;
  sealed: Uint8Array | null;
  created_at: number;
  created_by: string;
}

/** Calls of a service that one node answered within a quarter of an hour. */
export interface SloQuarterRow {
  node: string;
  account: string;
  service: string;
  /** Quarters of an hour since 1970 UTC. */
  quarter: number;
  /** How many were answered within each bound, and how many failed by a fault of the service or the node: JSON, as `SloTallies` has it. */
  slot: string;
}

/** An alert that goes on. */
export interface SloAlertRow {
  node: string;
  account: string;
  service: string;
  objective: string;
  /** `page` or `ticket` */
  severity: string;
  since: number;
}
