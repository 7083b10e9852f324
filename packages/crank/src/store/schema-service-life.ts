/** A secret of an account. Its value is under a data key of its own, which a key outside of the database wraps. */
export interface SecretRow {
  account: string;
  name: string;
  /** Counts values, also over a removal. */
  version: number;
  /** `sec_...`: part of what value and data key are bound to. */
  value_id: string;
  wrapped_by: number;
  wrapped: Uint8Array;
  /** Null: removed. */
  sealed: Uint8Array | null;
  created_at: number;
  created_by: string;
  rotated_at: number;
  rotated_by: string;
}

/** When an operation is called by itself, with what, and in whose name. */
export interface ScheduleRow {
  /** `sched_...` */
  id: string;
  account: string;
  service: string;
  /** Alias or digest prefix; null: the newest. */
  version: string | null;
  operation: string;
  cron: string;
  zone: string;
  /** JSON text of the arguments. */
  input: string;
  /** Id of the key that made it. */
  principal: string;
  grace_ms: number;
  /** `skip`, `queue` or `allow` */
  overlap: string;
  jitter_ms: number;
  /** `active`, `paused` or `stopped` */
  state: string;
  /** Why it was stopped. */
  reason: string | null;
  created_at: number;
  /** The next instant of its timetable, and when that is due; null where there is none. */
  next_at: number | null;
  due_at: number | null;
}

/** One firing. Whoever inserts the row is the one who fires. */
export interface ScheduleRunRow {
  schedule: string;
  instant: number;
  /** `cron` or `manual` */
  trigger: string;
  /** `queued`, `running`, `ended`, `skipped` or `missed` */
  state: string;
  /** Id of the call, made or to be made. */
  call: string | null;
  outcome: string | null;
  reason: string | null;
  /** The node that has it, and until when nobody else may take it. */
  node: string;
  lease_until: number;
  claimed_at: number;
  ended_at: number | null;
}

/** An address at which somebody else's deliveries become calls. */
export interface WebhookRow {
  /** `hook_...` */
  id: string;
  account: string;
  service: string;
  version: string | null;
  operation: string;
  /** `token`, `github`, `stripe` or `standard` */
  verify: string;
  /** Where arguments come from, JSON text; null: the payload is the arguments. */
  map: string | null;
  tolerance_ms: number;
  /** Data key for the secret, and for what is on its way. */
  wrapped_by: number;
  wrapped: Uint8Array;
  sealed: Uint8Array;
  /** Id of the key that made it. */
  principal: string;
  /** `active` or `stopped` */
  state: string;
  reason: string | null;
  created_at: number;
}

/** One delivery: whoever inserts the row makes its call. */
export interface WebhookDeliveryRow {
  webhook: string;
  /** By which a repeat is known. */
  delivery: string;
  /** `running` or `ended` */
  state: string;
  call: string | null;
  outcome: string | null;
  reason: string | null;
  /** The arguments, encrypted, until the call has ended. */
  input: Uint8Array | null;
  node: string;
  lease_until: number;
  received_at: number;
  ended_at: number | null;
  /** `traceparent` that came with it. */
  trace: string | null;
}

/** A call that outlives its request. */
export interface JobRow {
  /** Id of the call. */
  id: string;
  /** The node that took it: only that has the key of its subject, so only that can run it. */
  node: string;
  /** Of the service. */
  account: string;
  /** Who called: account and id of the principal. */
  caller: string;
  principal: string;
  /** The principal, JSON text, where it was shown by a token; null: by its key. */
  acting: string | null;
  service: string;
  /** Digest. */
  version: string;
  operation: string;
  /** Receipt of the newest opening. */
  opening: string;
  /** Id of the key of its subject, and 1 where the caller named the subject. */
  subject: string;
  named: number;
  tags: string | null;
  /** `traceparent` of the request that it came by. */
  trace: string | null;
  /** That it was called under; null where under none. */
  quote: string | null;
  /** As the caller labelled the input; null where not. */
  classification: string | null;
  /** `waiting` for an approval, `queued`, `running` or `ended` */
  state: string;
  /** Why it has to be approved, JSON text; null where it has not. */
  approval: string | null;
  /** Id of the principal that approved it. */
  approved_by: string | null;
  /** How often it was begun. */
  attempts: number;
  received_at: number;
  deadline_at: number | null;
  /** A queued one that was begun before is not begun again earlier. */
  not_before: number | null;
  started_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  /** From 0 to 1, the furthest it got; null: unknown. */
  fraction: number | null;
  /** What the script said with it, encrypted text. */
  message: string;
  progress_at: number | null;
  /** When somebody asked for its end. */
  cancelled_at: number | null;
  input_bytes: number;
  /** `json`, `file` or `stream`; null where nothing is kept. */
  result: string | null;
  result_name: string | null;
  result_content_type: string | null;
  result_bytes: number;
  /** Until when the result is kept. */
  expires_at: number | null;
}

/** A piece of a job's input or result, encrypted. */
export interface JobPartRow {
  job: string;
  /** `input` or `result` */
  kind: string;
  seq: number;
  sealed: Uint8Array;
}

/** The key under which an account's values are hashed and tokenised; a key outside of the database wraps it. */
export interface PrivacyKeyRow {
  account: string;
  wrapped_by: number;
  wrapped: Uint8Array;
  created_at: number;
}

/** An encrypted folder of an account. Its content lies outside of the database, under a key of its own. */
export interface WorkspaceRow {
  /** `ws_...` */
  id: string;
  account: string;
  name: string;
  wrapped_by: number;
  wrapped: Uint8Array;
  /** Hexadecimal: with it the digests in receipts say nothing of a content that can be guessed. */
  salt: string;
  quota_bytes: number;
  /** Earlier states that are kept: at most so many, and of at most such an age (null: any). */
  keep_snapshots: number;
  keep_ms: number | null;
  created_at: number;
  created_by: string;
}

/** A committed state of a workspace. The one with the highest number is the current one. */
export interface WorkspaceSnapshotRow {
  workspace: string;
  number: number;
  /** SHA-256 of its topmost folder's object. */
  root: string;
  files: number;
  bytes: number;
  /** Bytes that it brought with it. */
  added_bytes: number;
  made_at: number;
  /** Id of the call or act that made it. */
  made_by: string;
}
