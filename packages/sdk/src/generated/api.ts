// Written by `npm run check -- --write` from packages/crank/src/doors/http/openapi: change it there.

type None = Record<never, never>;

/** RFC 9457. */
export type Problem = {
  /** `urn:crank:error:<code>` */
  type: string;
  code: 'malformed-request' | 'unauthenticated' | 'payment-required' | 'budget-exhausted' | 'forbidden' | 'policy-denied' | 'not-found' | 'method-not-allowed' | 'idempotency-conflict' | 'version-conflict' | 'too-large' | 'unsupported-media-type' | 'invalid-input' | 'not-deployable' | 'rate-limited' | 'cancelled' | 'script-error' | 'out-of-memory' | 'crashed' | 'output-too-large' | 'invalid-output' | 'internal' | 'overloaded' | 'isolation-unavailable' | 'unavailable' | 'workspace-full' | 'timeout' | 'call-cycle' | 'call-limit';
  title: string;
  status: number;
  /** What happened and what to do. */
  detail: string;
  retry: 'never' | 'after' | 'same-key';
  /** Id of the call, where one exists; its receipt has the same. */
  call?: string;
  /** Seconds. */
  retryAfter?: number;
  reasons?: string[];
  errors?: {
    /** JSON Pointer, RFC 6901. */
    pointer: string;
    message: string;
  }[];
  findings?: Finding[];
  exception?: {
    type: string;
    message: string;
    traceback?: string;
  };
};

export type Finding = {
  level: 'error' | 'warning';
  file: string;
  line?: number;
  column?: number;
  message: string;
  fix: string;
};

export type Operation = {
  name: string;
  description: string;
  /** JSON Schema 2020-12 of the arguments by name. */
  input: unknown;
  /** JSON Schema 2020-12 of the result, or of one item of a stream. */
  output: unknown;
  result: 'json' | 'file' | 'stream';
  contentType?: string;
  /** Names of secrets that its calls are given, by environment variable. */
  secrets?: Record<string, string>;
  /** Workspaces that calls are given, by name. */
  workspaces?: Record<string, 'read' | 'write'>;
  /** Parameters that take files. */
  files: string[];
  line?: number;
  /** What its arguments are at least: public, internal, confidential, restricted. */
  classification?: string;
  /** Running it twice does no more than running it once. */
  idempotent?: boolean;
  /** How often a job of it is begun, and the milliseconds before the second time; twice as long each time. */
  retry?: {
    attempts: number;
    backoffMs: number;
  };
  /** How arguments become a command line, where the operation is one. For the sandbox; its form may change. */
  command?: Record<string, unknown>;
  /** How arguments become what a module for Node takes. For the sandbox; its form may change. */
  plan?: Record<string, unknown>;
  path: string;
  curl: string;
  /** Of a described service: how it is called. Of a manifest that shows arguments: those, in a list of services. */
  example?: Record<string, unknown>;
};

export type Limits = {
  wallMs: number;
  cpuMs: number;
  memoryBytes: number;
  outputBytes: number;
  fileBytes: number;
  tmpBytes: number;
  subprocesses: number;
  threads: number;
};

export type Service = {
  account: string;
  name: string;
  /** Content digest, `sha256:` and 64 hexadecimal digits. */
  version: string;
  description: string;
  runtime: string;
  python: string;
  isolation: 'fresh' | 'warm' | 'container';
  limits: Limits;
  /** What it asks to reach, as `host:port`. Policy and the operator grant it. */
  network: string[];
  /** Names of secrets that calls are given, by environment variable. */
  secrets: Record<string, string>;
  /** Workspaces that calls are given, by name. */
  workspaces: Record<string, 'read' | 'write'>;
  requirements: string[];
  lock: string | null;
  /** With the runtime `command`: the programs that it was deployed with, by name. */
  tools: Record<string, {
    path: string;
    digest: string;
    version: string;
  }>;
  operations: Operation[];
  findings: Finding[];
  /** When the version was made. */
  created: string;
};

export type Deployed = {
  account: string;
  name: string;
  /** Content digest, `sha256:` and 64 hexadecimal digits. */
  version: string;
  description: string;
  runtime: string;
  python: string;
  isolation: 'fresh' | 'warm' | 'container';
  limits: Limits;
  /** What it asks to reach, as `host:port`. Policy and the operator grant it. */
  network: string[];
  /** Names of secrets that calls are given, by environment variable. */
  secrets: Record<string, string>;
  /** Workspaces that calls are given, by name. */
  workspaces: Record<string, 'read' | 'write'>;
  requirements: string[];
  lock: string | null;
  /** With the runtime `command`: the programs that it was deployed with, by name. */
  tools: Record<string, {
    path: string;
    digest: string;
    version: string;
  }>;
  operations: Operation[];
  findings: Finding[];
  /** Whether the version is new. */
  created: boolean;
  /** What names the version now. */
  aliases: string[];
  /** Receipt of the deployment; null where nothing was changed. */
  receipt: string | null;
};

export type ServiceDetails = Omit<Service, 'operations'> & ({
  operations: (Omit<Operation, 'example'> & {
    example: {
      /** Those that are no files. */
      arguments: Record<string, unknown>;
      /** Names of files, by parameter. */
      files: Record<string, unknown>;
      curl: string;
      python: string;
      typescript: string;
    };
  })[];
  aliases: Alias[];
  /** The newest ones. */
  versions: Version[];
  versionCount: number;
  canary: Canary | null;
  /** The bundles that decide on its calls. */
  policies: Policy[];
});

export type Version = {
  version: string;
  created: string;
  createdBy: string;
  aliases: string[];
  /** Of the calls that name no version. */
  share: number;
  /** Bytes of its source. */
  size: number | null;
  /** Where its sandbox was caught lying: since when it is not run, and why. */
  quarantine: {
    since: string;
    reason: string;
  } | null;
};

export type VersionDetails = Version & {
  manifest: Record<string, unknown>;
  findings: Finding[];
};

export type Alias = {
  alias: string;
  version: string;
  set: string | null;
  setBy: string | null;
};

export type AliasSet = {
  alias: string;
  version: string | null;
  previous: string | null;
  /** Null where nothing was changed. */
  receipt: string | null;
};

export type RolledBack = {
  version: string;
  previous: string;
  endedCanary: string | null;
  /** Null where nothing was changed. */
  receipt: string | null;
};

export type CanarySet = {
  version: string;
  previous?: string;
  /** Null where nothing was changed. */
  receipt: string | null;
};

export type Figures = {
  version: string;
  calls: number;
  /** Calls that ended as the version's own fault: an exception, out of memory or time, output that is none. */
  failures: number;
  /** Calls that ended otherwise than well: refused, cancelled, input that is none. */
  others: number;
  failureRate: number | null;
  /** In the sandbox, of the calls that went well. */
  p50Ms: number | null;
  p95Ms: number | null;
};

export type Canary = {
  version: string;
  /** Of the calls that name no version. */
  share: number;
  by: 'call' | 'principal' | 'session';
  autoAbort: boolean;
  since: string;
  startedBy: string;
  /** Operations that it lacks: all their calls go to the latest version. */
  missing: string[];
  /** Since it began, among the account's newest 20,000 calls. */
  canary: Figures;
  latest: Figures;
  comparison: {
    statistic: string;
    /** Probability of so many failures, were both equally good. */
    p: number | null;
    /** What p must be below for the canary to count as worse at the next look. */
    level: number;
    worse: boolean;
  };
};

export type Workspace = {
  name: string;
  created: string;
  createdBy: string;
  /** What may be in it; 1 GiB where it is not said. */
  quotaBytes: number;
  /** Earlier states that are kept, at most; 10 where it is not said. */
  keepSnapshots: number;
  /** After which they are not; null: for ever. */
  keepDays: number | null;
  snapshot: number;
  files: number;
  bytes: number;
  /** Salted, as receipts have it. */
  digest: string;
  /** Digest of its topmost folder. */
  root: string;
  /** With it and `root` the digest is made. */
  salt: string;
};

export type SetWorkspace = {
  name: string;
  created: string;
  createdBy: string;
  /** What may be in it; 1 GiB where it is not said. */
  quotaBytes: number;
  /** Earlier states that are kept, at most; 10 where it is not said. */
  keepSnapshots: number;
  /** After which they are not; null: for ever. */
  keepDays: number | null;
  snapshot: number;
  files: number;
  bytes: number;
  /** Salted, as receipts have it. */
  digest: string;
  /** Digest of its topmost folder. */
  root: string;
  /** With it and `root` the digest is made. */
  salt: string;
  receipt: string;
};

export type WorkspaceSummary = {
  name: string;
  quotaBytes: number;
  created: string;
  files: number;
  bytes: number;
  snapshot: number;
};

export type WorkspaceFiles = {
  files: ({
    path: string;
    type: 'file' | 'folder' | 'link';
    size?: number;
    sha256?: string;
    executable?: boolean;
    target?: string;
    files?: number;
  })[];
  next?: string;
};

export type WorkspaceFile = {
  path: string;
  type: 'file' | 'folder' | 'link';
  size?: number;
  sha256?: string;
  executable?: boolean;
  target?: string;
  files?: number;
  /** Null: it is as it was. */
  receipt: string | null;
};

export type Snapshot = {
  number: number;
  made: string;
  madeBy: string;
  files: number;
  bytes: number;
  /** Salted, as receipts have it. */
  digest: string;
  receipt?: string;
};

export type Job = {
  /** Of the call, and of its receipt. */
  id: string;
  account: string;
  service: string;
  version: string;
  operation: string;
  principal: string;
  state: 'waiting' | 'queued' | 'running' | 'ended';
  /** Where another principal has to approve it. */
  approval: {
    reasons: string[];
    by: string | null;
    until: string;
  } | null;
  /** How often it was begun. */
  attempts: number;
  received: string;
  started: string | null;
  ended: string | null;
  /** When it is begun again, after an attempt that failed. */
  next: string | null;
  progress: {
    /** It never goes back. */
    fraction: number | null;
    message: string;
    at: string;
  } | null;
  cancelling: boolean;
  /** `ok` or an error code. */
  outcome: string | null;
  result: {
    type: 'json' | 'file' | 'stream';
    bytes: number;
    contentType: string;
    path: string;
    /** It is kept so long. */
    until: string;
  } | null;
  /** Receipt that it was taken. */
  opening: string;
  /** Receipt of the call. */
  receipt: string | null;
  tags: string | null;
};

export type Found = {
  service: string;
  operation: string;
  version: string;
  description: string;
  /** To be compared within one answer only. */
  score: number;
  isolation: 'fresh' | 'warm' | 'container';
  network: string[];
  /** What its calls came to on average, of those among the newest thousand of the account. */
  measured: {
    calls: number;
    latencyMs: number;
    price: {
      currency: string;
      amount: string;
    };
    /** Of CO2e. */
    grams: number;
  } | null;
  /** JSON Schema of the arguments. */
  input: unknown;
  /** JSON Schema of the result. */
  output: unknown;
  result: 'json' | 'file' | 'stream';
  path: string;
};

export type Budget = {
  id: string;
  scope: 'account' | 'key' | 'service' | 'tag';
  /** Id of the key, name of the service, or the tag; empty for the account. */
  of: string;
  /** By the calendar of UTC. */
  period: 'hour' | 'day' | 'month' | 'total';
  usd: string | null;
  calls: number | null;
  hard: boolean;
  alerts: number[];
  webhook: string | null;
  /** In the period of now. */
  spent: {
    usd: string;
    calls: number;
  };
  /** For calls that run. */
  held: {
    usd: string;
    calls: number;
  };
  /** The period of now. */
  current: string;
  /** When it ends. */
  until: string | null;
};

export type ChangedBudget = Budget & {
  receipt: string;
  /** Signs what its webhook gets; shown this once. */
  secret?: string;
};

export type Slo = {
  service: string;
  /** `latency`, `availability`, or `promise`: the platform’s own. */
  objective: string;
  /** Of its calls. */
  target: number;
  /** Of latency: within which they are answered. */
  thresholdMs: number | null;
  webhook: string | null;
  /** By window: how many times faster than allowed the error budget goes, on the node that answers. */
  burn: Record<string, number>;
  /** `page`, `ticket`, or null. */
  alert: string | null;
};

export type ChangedSlo = {
  service: string;
  objective: string;
  receipt: string;
  /** Signs what its webhook gets; shown this once. */
  secret?: string;
};

export type CarbonReport = {
  from: string;
  to: string;
  grid: {
    gramsPerKwh: number;
    source: string;
  };
  energy: {
    grade: string;
    source: string;
    uncertainty: string;
  };
  services: ({
    service: string;
    calls: number;
    lines: ({
      part: 'calls' | 'memory' | 'network' | 'idle' | 'pue' | 'embodied';
      joules?: number;
      grams: number;
      source: string;
    })[];
    grams: number;
    /** Software Carbon Intensity (ISO/IEC 21031), grams for a call. */
    perCall?: number;
  })[];
};

export type Promises = {
  services: ({
    service: string;
    response: {
      /** Null where there is nothing to go by. */
      kept: boolean | null;
      value: {
        calls: number;
        within: number | null;
        p99Ms: number | null;
      };
    };
    size: {
      /** Null where there is nothing to go by. */
      kept: boolean | null;
      value: {
        source: number;
        dependencies: number;
      };
    };
    power: {
      /** Null where there is nothing to go by. */
      kept: boolean | null;
      value: {
        watts: number | null;
      };
    };
    deployment: {
      /** Null where there is nothing to go by. */
      kept: boolean | null;
      value: {
        ms: number | null;
      };
    };
  })[];
  meanSize: {
    /** Null where there is nothing to go by. */
    kept: boolean | null;
    value: {
      bytes: number | null;
    };
  };
  machine: {
    /** Null where there is nothing to go by. */
    kept: boolean | null;
    value: {
      watts: number | null;
      grade: string;
      uncertainty: string;
      source: string;
    };
  };
};

export type UsedAmounts = {
  calls: number;
  cpuSeconds: string;
  wallSeconds: string;
  /** Peak memory, held for the wall time; 1 GB is 10^9 bytes. */
  memoryGbSeconds: string;
  egressBytes: number;
  joules: string;
  gramsCo2e: string;
  /** Of calls that a service charged by them, as what follows. */
  inputBytes: number;
  outputBytes: number;
  pages: number;
  tokens: number;
  /** Dollars by kind of charge. */
  charges: {
    call: string;
    cpu: string;
    energy: string;
    carbon: string;
    request: string;
    memory: string;
    input: string;
    output: string;
    page: string;
    token: string;
    discount: string;
  };
  usd: string;
};

export type UsageReport = {
  from: string;
  to: string;
  zone: string;
  side: 'caller' | 'owner';
  by: ('account' | 'principal' | 'service-account' | 'service' | 'version' | 'operation' | 'outcome' | 'node' | 'tag' | 'tags' | 'cost-centre')[];
  grain: 'hour' | 'day' | 'month' | null;
  usage: {
    start: string;
    end: string;
    /** By what it is told apart by. */
    key: Record<string, string>;
    calls: number;
    cpuSeconds: string;
    wallSeconds: string;
    /** Peak memory, held for the wall time; 1 GB is 10^9 bytes. */
    memoryGbSeconds: string;
    egressBytes: number;
    joules: string;
    gramsCo2e: string;
    /** Of calls that a service charged by them, as what follows. */
    inputBytes: number;
    outputBytes: number;
    pages: number;
    tokens: number;
    /** Dollars by kind of charge. */
    charges: {
      call: string;
      cpu: string;
      energy: string;
      carbon: string;
      request: string;
      memory: string;
      input: string;
      output: string;
      page: string;
      token: string;
      discount: string;
    };
    usd: string;
  }[];
  /** Of the whole period, on the first page. */
  total: UsedAmounts | null;
  /** For the next page. */
  cursor: string | null;
};

export type Price = {
  id: string;
  service: string;
  /** Null: all. */
  version: string | null;
  /** Of those who call; null: all. */
  account: string | null;
  from: string;
  /** Null: the node's tariff alone. */
  items: ({
    unit: 'call' | 'cpu-second' | 'gb-second' | 'gb-in' | 'gb-out' | 'joule' | 'page' | 'token';
    /** How many of the unit its prices are for. */
    per?: number;
    /** Whole units of 10^-7 US dollars. */
    price?: number;
    tiers?: ({
      /** Units in the month; null for what follows. */
      upTo?: number | null;
      /** Whole units of 10^-7 US dollars. */
      price: number;
    })[];
    /** Of pages and tokens: where the answer says how many, as a JSON Pointer. */
    count?: string;
    /** Of pages and tokens: no more are charged for a call. */
    most?: number;
  })[] | null;
};

export type PriceTerms = {
  account: string;
  service: string;
  version: string;
  operation: string;
  currency: string;
  /** Id of the service's own price; null where the node's tariff alone holds. */
  price: string | null;
  lines: ({
    unit: string;
    per: number;
    tiers: ({
      upTo: number | null;
      usd: string;
    })[];
    count?: string;
    most?: number;
    /** In this month, by the account that asks. */
    used?: string;
  })[];
  /** What the node charges, in dollars; null where the price stands for it. */
  tariff: {
    call: string;
    cpuSecond: string | null;
    kwh: string | null;
    tonneCo2: string;
  };
  /** Dollars for a call at all its limits. */
  maximum: string;
};

export type Quote = {
  id: string;
  account: string;
  service: string;
  version: string;
  operation: string;
  currency: string;
  /** Id of the service's own price; null where the node's tariff alone holds. */
  price: string | null;
  lines: ({
    unit: string;
    per: number;
    tiers: ({
      upTo: number | null;
      usd: string;
    })[];
    count?: string;
    most?: number;
    /** In this month, by the account that asks. */
    used?: string;
  })[];
  /** What the node charges, in dollars; null where the price stands for it. */
  tariff: {
    call: string;
    cpuSecond: string | null;
    kwh: string | null;
    tonneCo2: string;
  };
  /** Dollars for a call at all its limits. */
  maximum: string;
  expires: string;
  receipt: string;
};

export type InvoiceInfo = {
  id: string;
  /** Account and number from 1 on, without gaps. */
  number: string;
  issuer: string;
  account: string;
  /** Of UTC, such as 2026-10. */
  month: string;
  issued: string;
  currency: string;
  calls: number;
  /** Dollars: the sum of what the receipts say, to the last digit. */
  total: string;
};

export type Invoice = {
  id: string;
  /** Account and number from 1 on, without gaps. */
  number: string;
  issuer: string;
  account: string;
  /** Of UTC, such as 2026-10. */
  month: string;
  issued: string;
  currency: string;
  calls: number;
  /** Dollars: the sum of what the receipts say, to the last digit. */
  total: string;
  lines: ({
    service: string;
    costCentre: string;
    kind: 'call' | 'cpu' | 'energy' | 'carbon' | 'request' | 'memory' | 'input' | 'output' | 'page' | 'token' | 'discount';
    quantity: string;
    unit: string;
    usd: string;
  })[];
  costCentres: {
    costCentre: string;
    usd: string;
  }[];
};

export type Call = {
  id: string;
  account: string;
  principal: string;
  service: string;
  version: string;
  operation: string;
  received: string;
  finished: string;
  /** `ok` or an error code. */
  outcome: string;
  tags: string | null;
};

export type CallDetails = Call & ({
  problem: Problem | null;
  stdout: string;
  stderr: string;
  truncatedBytes: number;
  usage: {
    cpuNs: number;
    cpuSource: string;
    wallNs: number;
    peakMemoryBytes: number;
    egressBytes: number;
  };
  egress: {
    destination: string;
    connections: number;
    sentBytes: number;
    receivedBytes: number;
  }[];
  energy: {
    joules: number;
    grade: string;
    uncertainty: string;
    source: string | null;
  };
  carbon: {
    grams: number;
    gridGramsPerKwh: number;
    source: string;
  };
  charge: {
    currency: string;
    total: string;
    lines: {
      kind: string;
      amount: string;
      quantity?: string;
      unit?: string;
    }[];
  };
  /** Call that asked for this one. */
  parent: string | null;
  calls: {
    call: string;
    outcome: string;
  }[];
  receipt: string;
});

export type Receipt = {
  /** DSSE envelope of an in-toto statement. */
  envelope: Record<string, unknown>;
  /** C2SP tlog-proof: inclusion under a signed checkpoint. */
  proof: string;
  /** Salts of the commitments, where the holder may have them. */
  openings: unknown;
};

export type ReceiptInfo = {
  id: string;
  /** `call`, `opening` (of a stream) or `act`. */
  kind: string;
  /** Entry of the log. */
  index: number;
  time: string;
  account: string;
  principal: string;
  /** What an act did. */
  act?: string;
  service?: string;
  operation?: string;
  outcome?: string;
};

export type Replay = {
  of: string;
  /** The call that the replay is. */
  call: string;
  receipt: string;
  /** Whether the receipt commits to the bytes that came out now. */
  sameOutput: boolean;
  /** Why other bytes say little, where they do. */
  note?: string;
  outcome: {
    before: string;
    now: string;
  };
  /** Limits that are not what they were: `before` and `now`. */
  limits: Record<string, unknown>;
  decisions: ({
    point: string;
    result: 'same' | 'different' | 'not-replayed';
    why?: string;
  })[];
};

export type Erasure = {
  /** Id of the key that was destroyed. */
  subject: string;
  calls: number;
  /** Inputs and outputs that had been kept. */
  kept: number;
  receipt: string;
};

export type Key = {
  id: string;
  name: string;
  role: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator';
  kind: 'user' | 'agent' | 'service';
  account: string;
  created: string;
  revoked: string | null;
};

export type Me = {
  id: string;
  name: string;
  role: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator';
  kind: 'user' | 'agent' | 'service' | 'node';
  account: string;
  onBehalfOf: string | null;
  /** Name of the node, and of its log. */
  node: string;
  may: string[];
};

export type NewKey = Key & {
  /** The secret, shown this once. */
  key: string;
  receipt: string;
};

export type Token = {
  /** The token, shown this once: a JWT (RFC 9068). */
  token: string;
  id: string;
  role: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator';
  /** Null: all that its role may. */
  scopes: string[] | null;
  onBehalfOf: string | null;
  expires: string;
  receipt: string;
};

export type KeySet = {
  keys: (Record<string, unknown>)[];
};

export type ResourceMetadata = {
  resource: string;
  authorization_servers?: string[];
  bearer_methods_supported: string[];
  resource_name: string;
  resource_documentation: string;
};

export type Issuer = {
  id: string;
  url: string;
  audience: string;
  role: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator';
  claims: Record<string, string>;
  listed: boolean;
  created: string;
  createdBy: string;
};

export type NewIssuer = Issuer & {
  receipt: string;
};

export type Account = {
  name: string;
  created: string;
};

export type NewAccount = Account & ({
  owner: Key & {
    /** The secret, shown this once. */
    key: string;
  };
  receipt: string;
});

export type Policy = {
  name: string;
  layer: string;
  digest: string;
  regoVersion: string;
  entrypoints: string[];
  receipt?: string;
};

export type Secret = {
  name: string;
  /** Counts the values that it had. */
  version: number;
  created: string;
  createdBy: string;
  /** When its value was last set. */
  rotated: string;
  rotatedBy: string;
  /** Services whose newest version asks for it. */
  usedBy: string[];
};

export type SetSecret = Secret & {
  receipt: string;
};

export type Schedule = {
  id: string;
  service: string;
  operation: string;
  version: string | null;
  cron: string;
  zone: string;
  input: Record<string, unknown>;
  /** The key in whose name it runs. */
  principal: string;
  grace: string;
  overlap: string;
  jitter: string;
  state: 'active' | 'paused' | 'stopped';
  /** Why it was stopped. */
  reason: string | null;
  created: string;
  /** The next five instants. */
  next: string[];
};

export type ChangedSchedule = Schedule & ({
  receipt: string | null;
});

export type ScheduleRun = {
  instant: string;
  trigger: 'cron' | 'manual';
  state: 'queued' | 'running' | 'ended' | 'skipped' | 'missed';
  /** Its call, whose receipt has the same id. */
  call: string | null;
  /** `ok` or an error code. */
  outcome: string | null;
  reason: string | null;
  claimed: string;
  ended: string | null;
};

export type StartedRun = ScheduleRun & {
  receipt: string;
};

export type Webhook = {
  id: string;
  path: string;
  /** Where deliveries go. */
  url: string;
  service: string;
  operation: string;
  version: string | null;
  verify: string;
  /** Where arguments come from; null: the payload is the arguments. */
  map: Record<string, unknown> | null;
  tolerance: string;
  /** The key in whose name it acts. */
  principal: string;
  state: 'active' | 'stopped';
  /** Why it was stopped. */
  reason: string | null;
  created: string;
};

export type NewWebhook = Webhook & {
  secret: string;
  receipt: string;
};

export type Delivery = {
  /** By which a repeat is known. */
  delivery: string;
  state: 'running' | 'ended';
  call: string | null;
  outcome: string | null;
  reason: string | null;
  received: string;
  ended: string | null;
};

export type Accepted = {
  /** The call; its receipt has the same id. */
  call: string | null;
  duplicate: boolean;
};

export type Done = {
  /** Receipt of the act. */
  receipt: string | null;
};

/** Codes of errors, with the exit code of `crank` that tells their kind. */
export const errorCodes = {
  'malformed-request': { exit: 2, retry: 'never' },
  unauthenticated: { exit: 3, retry: 'never' },
  'payment-required': { exit: 3, retry: 'never' },
  'budget-exhausted': { exit: 3, retry: 'never' },
  forbidden: { exit: 3, retry: 'never' },
  'policy-denied': { exit: 3, retry: 'never' },
  'not-found': { exit: 2, retry: 'never' },
  'method-not-allowed': { exit: 2, retry: 'never' },
  'idempotency-conflict': { exit: 2, retry: 'never' },
  'version-conflict': { exit: 2, retry: 'never' },
  'too-large': { exit: 2, retry: 'never' },
  'unsupported-media-type': { exit: 2, retry: 'never' },
  'invalid-input': { exit: 2, retry: 'never' },
  'not-deployable': { exit: 2, retry: 'never' },
  'rate-limited': { exit: 3, retry: 'after' },
  cancelled: { exit: 1, retry: 'same-key' },
  'script-error': { exit: 1, retry: 'never' },
  'out-of-memory': { exit: 1, retry: 'never' },
  crashed: { exit: 1, retry: 'never' },
  'output-too-large': { exit: 1, retry: 'never' },
  'invalid-output': { exit: 1, retry: 'never' },
  internal: { exit: 70, retry: 'same-key' },
  overloaded: { exit: 4, retry: 'after' },
  'isolation-unavailable': { exit: 4, retry: 'after' },
  unavailable: { exit: 4, retry: 'after' },
  'workspace-full': { exit: 1, retry: 'never' },
  timeout: { exit: 1, retry: 'never' },
  'call-cycle': { exit: 1, retry: 'never' },
  'call-limit': { exit: 1, retry: 'never' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What each operation takes and gives: members of the path, of the query, the body, the answer. */
export interface Operations {
  /** Services at their latest version */
  listServices: {
    path: None;
    query: {
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: {
      services: Service[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** One service with its operations */
  describeService: {
    path: {
      service: string;
    };
    query: {
      /** Digest prefix or alias. */
      version?: string | undefined;
    };
    body: undefined;
    result: ServiceDetails;
  };
  /** Remove a service; its receipts stay */
  removeService: {
    path: {
      service: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Versions, newest first */
  listVersions: {
    path: {
      service: string;
    };
    query: {
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: {
      versions: Version[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** One version with its manifest */
  describeVersion: {
    path: {
      service: string;
      version: string;
    };
    query: None;
    body: undefined;
    result: VersionDetails;
  };
  /** Remove a version that nothing names; its receipts stay */
  removeVersion: {
    path: {
      service: string;
      version: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Names of versions */
  listAliases: {
    path: {
      service: string;
    };
    query: None;
    body: undefined;
    result: {
      aliases: Alias[];
    };
  };
  /** Let a name stand for a version that runs */
  setAlias: {
    path: {
      service: string;
      alias: string;
    };
    query: None;
    body: {
      /** Digest prefix of at least 8, or an alias. */
      version: string;
    };
    result: AliasSet;
  };
  /** Take a name away; the version stays */
  deleteAlias: {
    path: {
      service: string;
      alias: string;
    };
    query: None;
    body: undefined;
    result: AliasSet;
  };
  /** Make an earlier version the latest; without one, undo the last change of what calls get */
  rollback: {
    path: {
      service: string;
    };
    query: None;
    body: {
      /** Digest prefix of at least 8, or an alias. */
      version?: string | undefined;
    } | undefined;
    result: RolledBack;
  };
  /** The canary beside the latest version, by recorded calls */
  describeCanary: {
    path: {
      service: string;
    };
    query: None;
    body: undefined;
    result: {
      canary: Canary | null;
    };
  };
  /** Give a version a share of the calls, or change it */
  setCanary: {
    path: {
      service: string;
    };
    query: None;
    body: {
      /** Digest prefix of at least 8, or an alias. */
      version: string;
      /** Above 0 and below all: 0.1 or `10%`. */
      share: number | string;
      by?: 'call' | 'principal' | 'session' | undefined;
      autoAbort?: boolean | undefined;
    };
    result: CanarySet;
  };
  /** The canary gets no share of the calls any more */
  abortCanary: {
    path: {
      service: string;
    };
    query: None;
    body: undefined;
    result: CanarySet;
  };
  /** The canary becomes the latest version */
  promoteCanary: {
    path: {
      service: string;
    };
    query: None;
    body: undefined;
    result: CanarySet;
  };
  /** What the service charges, and did */
  listPrices: {
    path: {
      service: string;
    };
    query: None;
    body: undefined;
    result: {
      prices: Price[];
    };
  };
  /** What it charges from a moment on */
  setPrice: {
    path: {
      service: string;
    };
    query: None;
    body: {
      /** Null: the node's tariff alone. */
      items: ({
        unit: 'call' | 'cpu-second' | 'gb-second' | 'gb-in' | 'gb-out' | 'joule' | 'page' | 'token';
        /** How many of the unit its prices are for. */
        per?: number | bigint | undefined;
        /** Whole units of 10^-7 US dollars. */
        price?: number | bigint | undefined;
        tiers?: ({
          /** Units in the month; null for what follows. */
          upTo?: number | bigint | null | undefined;
          /** Whole units of 10^-7 US dollars. */
          price: number | bigint;
        })[] | undefined;
        /** Of pages and tokens: where the answer says how many, as a JSON Pointer. */
        count?: string | undefined;
        /** Of pages and tokens: no more are charged for a call. */
        most?: number | bigint | undefined;
      })[] | null;
      /** For this one only. */
      version?: string | undefined;
      /** For calls by this one only. */
      account?: string | undefined;
      /** Otherwise from now on. */
      from?: string | undefined;
    };
    result: Price & {
      receipt?: string;
    };
  };
  /** Take back a price that is not in force yet */
  removePrice: {
    path: {
      service: string;
      price: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** What a call costs; nothing is held to it */
  describeTerms: {
    path: {
      service: string;
    };
    query: {
      /** May be left out where the service has one. */
      operation?: string | undefined;
      /** Digest prefix of at least 8, or an alias. */
      version?: string | undefined;
    };
    body: undefined;
    result: PriceTerms;
  };
  /** What calls cost at most until the quote expires (header Crank-Quote) */
  makeQuote: {
    path: {
      service: string;
    };
    query: None;
    body: {
      /** May be left out where the service has one. */
      operation?: string | undefined;
      /** Digest prefix of at least 8, or an alias. */
      version?: string | undefined;
      /** What will be sent; otherwise the most there may be. */
      inputBytes?: number | bigint | undefined;
      seconds?: number | bigint | undefined;
    };
    result: Quote;
  };
  /** Let a version run again that broke the rules of its sandbox */
  releaseVersion: {
    path: {
      service: string;
    };
    query: {
      /** Digest prefix or alias. */
      version: string;
    };
    body: undefined;
    result: Done;
  };
  /** One service with its operations */
  describeServiceOf: {
    path: {
      account: string;
      service: string;
    };
    query: {
      /** Digest prefix or alias. */
      version?: string | undefined;
    };
    body: undefined;
    result: ServiceDetails;
  };
  /** Remove a service; its receipts stay */
  removeServiceOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Versions, newest first */
  listVersionsOf: {
    path: {
      account: string;
      service: string;
    };
    query: {
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: {
      versions: Version[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** One version with its manifest */
  describeVersionOf: {
    path: {
      account: string;
      service: string;
      version: string;
    };
    query: None;
    body: undefined;
    result: VersionDetails;
  };
  /** Remove a version that nothing names; its receipts stay */
  removeVersionOf: {
    path: {
      account: string;
      service: string;
      version: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Names of versions */
  listAliasesOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: undefined;
    result: {
      aliases: Alias[];
    };
  };
  /** Let a name stand for a version that runs */
  setAliasOf: {
    path: {
      account: string;
      service: string;
      alias: string;
    };
    query: None;
    body: {
      /** Digest prefix of at least 8, or an alias. */
      version: string;
    };
    result: AliasSet;
  };
  /** Take a name away; the version stays */
  deleteAliasOf: {
    path: {
      account: string;
      service: string;
      alias: string;
    };
    query: None;
    body: undefined;
    result: AliasSet;
  };
  /** Make an earlier version the latest; without one, undo the last change of what calls get */
  rollbackOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: {
      /** Digest prefix of at least 8, or an alias. */
      version?: string | undefined;
    } | undefined;
    result: RolledBack;
  };
  /** The canary beside the latest version, by recorded calls */
  describeCanaryOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: undefined;
    result: {
      canary: Canary | null;
    };
  };
  /** Give a version a share of the calls, or change it */
  setCanaryOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: {
      /** Digest prefix of at least 8, or an alias. */
      version: string;
      /** Above 0 and below all: 0.1 or `10%`. */
      share: number | string;
      by?: 'call' | 'principal' | 'session' | undefined;
      autoAbort?: boolean | undefined;
    };
    result: CanarySet;
  };
  /** The canary gets no share of the calls any more */
  abortCanaryOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: undefined;
    result: CanarySet;
  };
  /** The canary becomes the latest version */
  promoteCanaryOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: undefined;
    result: CanarySet;
  };
  /** What the service charges, and did */
  listPricesOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: undefined;
    result: {
      prices: Price[];
    };
  };
  /** What it charges from a moment on */
  setPriceOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: {
      /** Null: the node's tariff alone. */
      items: ({
        unit: 'call' | 'cpu-second' | 'gb-second' | 'gb-in' | 'gb-out' | 'joule' | 'page' | 'token';
        /** How many of the unit its prices are for. */
        per?: number | bigint | undefined;
        /** Whole units of 10^-7 US dollars. */
        price?: number | bigint | undefined;
        tiers?: ({
          /** Units in the month; null for what follows. */
          upTo?: number | bigint | null | undefined;
          /** Whole units of 10^-7 US dollars. */
          price: number | bigint;
        })[] | undefined;
        /** Of pages and tokens: where the answer says how many, as a JSON Pointer. */
        count?: string | undefined;
        /** Of pages and tokens: no more are charged for a call. */
        most?: number | bigint | undefined;
      })[] | null;
      /** For this one only. */
      version?: string | undefined;
      /** For calls by this one only. */
      account?: string | undefined;
      /** Otherwise from now on. */
      from?: string | undefined;
    };
    result: Price & {
      receipt?: string;
    };
  };
  /** Take back a price that is not in force yet */
  removePriceOf: {
    path: {
      account: string;
      service: string;
      price: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** What a call costs; nothing is held to it */
  describeTermsOf: {
    path: {
      account: string;
      service: string;
    };
    query: {
      /** May be left out where the service has one. */
      operation?: string | undefined;
      /** Digest prefix of at least 8, or an alias. */
      version?: string | undefined;
    };
    body: undefined;
    result: PriceTerms;
  };
  /** What calls cost at most until the quote expires (header Crank-Quote) */
  makeQuoteOf: {
    path: {
      account: string;
      service: string;
    };
    query: None;
    body: {
      /** May be left out where the service has one. */
      operation?: string | undefined;
      /** Digest prefix of at least 8, or an alias. */
      version?: string | undefined;
      /** What will be sent; otherwise the most there may be. */
      inputBytes?: number | bigint | undefined;
      seconds?: number | bigint | undefined;
    };
    result: Quote;
  };
  /** Let a version run again that broke the rules of its sandbox */
  releaseVersionOf: {
    path: {
      account: string;
      service: string;
    };
    query: {
      /** Digest prefix or alias. */
      version: string;
    };
    body: undefined;
    result: Done;
  };
  /** Calls, newest first */
  listCalls: {
    path: None;
    query: {
      /** From the page before. */
      cursor?: string | undefined;
      /** Only those of one service. */
      service?: string | undefined;
      /** Only those that came at this time or later, RFC 3339. */
      since?: string | undefined;
    };
    body: undefined;
    result: {
      calls: Call[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** What a call printed, took and cost */
  getCall: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: CallDetails;
  };
  /** Receipts of calls and acts, newest first */
  listReceipts: {
    path: None;
    query: {
      /** From the page before. */
      cursor?: string | undefined;
      /** From this time on, RFC 3339 or a date. */
      from?: string | undefined;
      /** Before this time. */
      to?: string | undefined;
      /** `call`, `opening`, `act`, or what an act did, such as `service.deploy`. */
      kind?: string | undefined;
      /** Only those of one service. */
      service?: string | undefined;
    };
    body: undefined;
    result: {
      receipts: ReceiptInfo[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** Receipts of a period as one archive, with what proves them */
  exportReceipts: {
    path: None;
    query: {
      /** From this time on, RFC 3339 or a date. */
      from?: string | undefined;
      /** Before this time. */
      to?: string | undefined;
      /** `call`, `opening`, `act`, or what an act did, such as `service.deploy`. */
      kind?: string | undefined;
      /** Only those of one service. */
      service?: string | undefined;
      /** Size of an earlier head that the log is proven to extend. */
      since?: string | undefined;
    };
    body: undefined;
    result: Blob;
  };
  /** Run a call again on the input that was kept, and compare */
  replayReceipt: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Replay;
  };
  /** Destroy what is kept of a subject's data; receipts stay, and verify */
  erase: {
    path: None;
    query: None;
    body: {
      subject: string;
    };
    result: Erasure;
  };
  /** JSON Schema of what a receipt states */
  receiptSchema: {
    path: {
      kind: 'call' | 'act';
    };
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** The receipt of a call or an administrative act; it verifies offline */
  getReceipt: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Receipt;
  };
  /** Who you are to this node, and what you may do */
  describeMe: {
    path: None;
    query: None;
    body: undefined;
    result: Me;
  };
  /** Keys of the account, without their secrets */
  listKeys: {
    path: None;
    query: None;
    body: undefined;
    result: {
      keys: Key[];
    };
  };
  /** Make an API key */
  createKey: {
    path: None;
    query: None;
    body: {
      name: string;
      role: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator';
      /** An agent acts for users, a service for itself. */
      kind?: 'user' | 'agent' | 'service' | undefined;
    };
    result: NewKey;
  };
  /** Refuse a key from now on */
  revokeKey: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Accounts of the node; for its operators */
  listAccounts: {
    path: None;
    query: None;
    body: undefined;
    result: {
      accounts: Account[];
    };
  };
  /** Make an account with the key of its owner; for operators of the node */
  createAccount: {
    path: None;
    query: None;
    body: {
      name: string;
    };
    result: NewAccount;
  };
  /** Mint a short-lived token from your key */
  createToken: {
    path: None;
    query: None;
    body: {
      /** The key's own where absent, or less. */
      role?: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator' | undefined;
      /** `service.call`, `service.call:NAME.OPERATION`, `call.*`; where absent, all that its role may. */
      scopes?: string[] | undefined;
      /** From 1s to 1h. */
      life?: string | undefined;
      /** The user whom an agent acts for. */
      onBehalfOf?: string | undefined;
    } | undefined;
    result: Token;
  };
  /** Have tokens signed by a new key; for operators of the node */
  rotateTokenKey: {
    path: None;
    query: None;
    body: {
      /** Refuse what older keys signed at once. */
      discard?: boolean | undefined;
    } | undefined;
    result: {
      kid: string;
      receipt: string;
    };
  };
  /** Keys that tokens of this node verify with (RFC 7517) */
  tokenKeys: {
    path: None;
    query: None;
    body: undefined;
    result: KeySet;
  };
  /** Where tokens for this node come from (RFC 9728) */
  resourceMetadata: {
    path: None;
    query: None;
    body: undefined;
    result: ResourceMetadata;
  };
  /** Issuers whose tokens the account takes */
  listIssuers: {
    path: None;
    query: None;
    body: undefined;
    result: {
      issuers: Issuer[];
    };
  };
  /** Take tokens of an OpenID provider, for those whose claims are as said */
  addIssuer: {
    path: None;
    query: None;
    body: {
      /** As in the claim `iss` of its tokens. */
      url: string;
      /** That its tokens for this account have. */
      audience: string;
      role: 'owner' | 'developer' | 'caller' | 'auditor' | 'operator';
      /** What they must say: claims with their value, or a value that they list; `email_domain` of verified mail. */
      claims?: Record<string, string> | undefined;
      /** Name the issuer to clients that ask. */
      listed?: boolean | undefined;
    };
    result: NewIssuer;
  };
  /** Take its tokens no more, from now on */
  removeIssuer: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Bundles in force */
  listPolicies: {
    path: None;
    query: None;
    body: undefined;
    result: {
      policies: Policy[];
    };
  };
  /** Add or replace one bundle of Rego */
  putPolicy: {
    path: None;
    query: None;
    body: {
      /** `account` (default) or `service:NAME`. */
      layer?: string | undefined;
      files: {
        path: string;
        text: string;
      }[];
    };
    result: Policy;
  };
  /** Add or replace one bundle of Rego */
  applyPolicy: {
    path: None;
    query: None;
    body: {
      /** `account` (default) or `service:NAME`. */
      layer?: string | undefined;
      files: {
        path: string;
        text: string;
      }[];
    };
    result: Policy;
  };
  /** What policy would say of a call, rule by rule; nothing runs */
  decidePolicy: {
    path: None;
    query: None;
    body: {
      service: string;
      operation: string;
      version?: string | undefined;
      /** Id of the key that calls; the asking one otherwise. */
      as?: string | undefined;
      /** Now otherwise. */
      time?: string | undefined;
      /** Arguments by name: then it is decided on the input, too. */
      content?: unknown | undefined;
      /** A result: then it is decided on that, too. */
      output?: unknown | undefined;
      /** A bundle that is not in force: `.rego`, `data.json`, `data.yaml`. */
      files?: {
        path: string;
        text: string;
      }[] | undefined;
      /** `account` (default) or `service:NAME`. */
      layer?: string | undefined;
    };
    result: {
      decisions: ({
        point: 'authorise' | 'input' | 'output';
        allow: boolean;
        reasons: string[];
        obligations: string[];
        bundles: Record<string, string>;
        limits?: Limits;
        /** JSON Pointers of what would be taken out. */
        redact?: string[];
        rules: {
          bundle: string;
          rule: string;
          value?: unknown;
          error?: string;
        }[];
      })[];
    };
  };
  /** What a bundle would have changed on the newest calls */
  simulatePolicy: {
    path: None;
    query: None;
    body: {
      /** A bundle that is not in force: `.rego`, `data.json`, `data.yaml`. */
      files: {
        path: string;
        text: string;
      }[];
      /** `account` (default) or `service:NAME`. */
      layer?: string | undefined;
      last?: number | bigint | undefined;
      /** Calls of one service only. */
      service?: string | undefined;
    };
    result: {
      calls: number;
      same: number;
      denied: number;
      allowed: number;
      otherwise: number;
      /** Of which the input was not kept. */
      blind: number;
      /** Whose version is gone. */
      gone: number;
      changes: {
        call: string;
        service: string;
        operation: string;
        principal: string;
        time: string;
        point: string;
        before: {
          allow: boolean;
          reasons: string[];
          obligations: string[];
        };
        after: {
          allow: boolean;
          reasons: string[];
          obligations: string[];
        };
      }[];
    };
  };
  /** Take a bundle out of force */
  removePolicy: {
    path: {
      name: string;
    };
    query: {
      /** `account` (default) or `service:NAME`. */
      layer?: string | undefined;
    };
    body: undefined;
    result: Done;
  };
  /** Jobs, newest first */
  listJobs: {
    path: None;
    query: {
      /** `waiting`, `queued`, `running` or `ended`. */
      state?: string | undefined;
      /** Only those of one service. */
      service?: string | undefined;
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: {
      jobs: Job[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** How far a job is */
  getJob: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Job;
  };
  /** End a job; of one that has ended, delete the result */
  cancelJob: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Job;
  };
  /** Let a call run that waits for the approval of a second principal */
  approveJob: {
    path: {
      id: string;
    };
    query: None;
    body: {
      comment?: string | undefined;
    } | undefined;
    result: Job & {
      approvalReceipt?: string;
    };
  };
  /** End a call that waits for approval */
  rejectJob: {
    path: {
      id: string;
    };
    query: None;
    body: {
      comment?: string | undefined;
    } | undefined;
    result: Job & {
      approvalReceipt?: string;
    };
  };
  /** What the call came to, as it would have been answered */
  getJobResult: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Blob;
  };
  /** Server-sent events: `job` whenever it moves on, `end` once it has ended, each with the job as data */
  followJob: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: string;
  };
  /** Budgets of the account, and what is spent of them */
  listBudgets: {
    path: None;
    query: None;
    body: undefined;
    result: {
      budgets: Budget[];
    };
  };
  /** Bound what an account, key, service or tag may spend */
  createBudget: {
    path: None;
    query: None;
    body: {
      scope: 'account' | 'key' | 'service' | 'tag';
      /** Id of the key, name of the service, or the tag; not for the account. */
      of?: string | undefined;
      period: 'hour' | 'day' | 'month' | 'total';
      /** Dollars, with at most nine digits behind the point. */
      usd?: string | number | undefined;
      calls?: number | bigint | undefined;
      /** Calls beyond it are refused; otherwise it only tells. */
      hard?: boolean | undefined;
      /** Shares at which it tells, once in a period. */
      alerts?: number[] | undefined;
      /** Where it is told beside the log, signed as Standard Webhooks has it. */
      webhook?: string | undefined;
    };
    result: ChangedBudget;
  };
  /** One budget */
  describeBudget: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Budget;
  };
  /** Change how much it is, and who is told */
  changeBudget: {
    path: {
      id: string;
    };
    query: None;
    body: {
      /** Dollars, with at most nine digits behind the point. */
      usd?: string | number | undefined;
      calls?: number | bigint | undefined;
      /** Calls beyond it are refused; otherwise it only tells. */
      hard?: boolean | undefined;
      /** Shares at which it tells, once in a period. */
      alerts?: number[] | undefined;
      /** Where it is told beside the log, signed as Standard Webhooks has it. */
      webhook?: string | undefined;
    };
    result: ChangedBudget;
  };
  /** Bound it no more */
  removeBudget: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Carbon of the services of the account and of their calls (ISO/IEC 21031), part by part */
  reportCarbon: {
    path: None;
    query: {
      /** From this time on, RFC 3339 or a date; the beginning of this month where absent. */
      from?: string | undefined;
      /** Before this time; now where absent. */
      to?: string | undefined;
      /** Time zone of dates, days and months (IANA); UTC where absent. */
      zone?: string | undefined;
    };
    body: undefined;
    result: CarbonReport;
  };
  /** What was used, and what it cost: what the principal called, or all of the account where it may see that */
  reportUsage: {
    path: None;
    query: {
      /** What it is told apart by, with commas: account, principal, service-account, service, version, operation, outcome, node, tag, tags, cost-centre. By `service` where absent. */
      by?: string | undefined;
      /** `caller`: what the account called. `owner`: calls of its services. */
      side?: 'caller' | 'owner' | undefined;
      /** Only what one principal called. */
      principal?: string | undefined;
      /** Only calls of one service. */
      service?: string | undefined;
      /** `focus`: FinOps Open Cost and Usage Specification 1.2, by day, or by hour. */
      format?: 'json' | 'csv' | 'focus' | undefined;
      /** For each of these; otherwise for the period as a whole. */
      grain?: 'hour' | 'day' | 'month' | undefined;
      /** From this time on, RFC 3339 or a date; the beginning of this month where absent. */
      from?: string | undefined;
      /** Before this time; now where absent. */
      to?: string | undefined;
      /** Time zone of dates, days and months (IANA); UTC where absent. */
      zone?: string | undefined;
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: UsageReport;
  };
  /** Totals of the node's accounts, for those who run it */
  reportAccounts: {
    path: None;
    query: {
      /** For each of these; otherwise for the period as a whole. */
      grain?: 'hour' | 'day' | 'month' | undefined;
      /** From this time on, RFC 3339 or a date; the beginning of this month where absent. */
      from?: string | undefined;
      /** Before this time; now where absent. */
      to?: string | undefined;
      /** Time zone of dates, days and months (IANA); UTC where absent. */
      zone?: string | undefined;
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: UsageReport;
  };
  /** Objectives of the services of the account, and how fast their error budgets go */
  listSlos: {
    path: None;
    query: None;
    body: undefined;
    result: {
      slos: Slo[];
    };
  };
  /** Promise something of a service, and be told when that is at risk */
  setSlo: {
    path: {
      service: string;
      objective: 'latency' | 'availability';
    };
    query: None;
    body: {
      /** Share of its calls, 0.5 to 0.9999. */
      target: number;
      /** Of latency. */
      thresholdMs?: 1 | 2.5 | 5 | 10 | 25 | 50 | 100 | 250 | 500 | 1000 | 2500 | 5000 | 10000 | 30000 | 60000 | undefined;
      /** Where alerts go beside the log, signed as Standard Webhooks has it. */
      webhook?: string | undefined;
    };
    result: ChangedSlo;
  };
  /** Promise it no more */
  removeSlo: {
    path: {
      service: string;
      objective: 'latency' | 'availability';
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** What the platform promises of each service, as it is kept: response, size, power, deployment */
  readPromises: {
    path: None;
    query: None;
    body: undefined;
    result: Promises;
  };
  /** Invoices of the account, newest first */
  listInvoices: {
    path: None;
    query: None;
    body: undefined;
    result: {
      invoices: InvoiceInfo[];
    };
  };
  /** Make the invoice of a month that is over */
  makeInvoice: {
    path: None;
    query: None;
    body: {
      month: string;
    };
    result: Invoice & {
      receipt?: string;
    };
  };
  /** One invoice, also as CSV or PDF */
  getInvoice: {
    path: {
      id: string;
    };
    query: {
      /** `json` (default), `csv` or `pdf`. */
      format?: string | undefined;
    };
    body: undefined;
    result: Invoice;
  };
  /** Secrets of the account, without their values */
  listSecrets: {
    path: None;
    query: None;
    body: undefined;
    result: {
      secrets: Secret[];
    };
  };
  /** Set a secret, or give it another value */
  setSecret: {
    path: None;
    query: None;
    body: {
      name: string;
      /** Text of 8 bytes to 32 KiB. It is never given back. */
      value: string;
    };
    result: SetSecret;
  };
  /** What can be known of a secret */
  describeSecret: {
    path: {
      name: string;
    };
    query: None;
    body: undefined;
    result: Secret;
  };
  /** Set a secret, or give it another value */
  putSecret: {
    path: {
      name: string;
    };
    query: None;
    body: {
      /** Text of 8 bytes to 32 KiB. It is never given back. */
      value: string;
    };
    result: SetSecret;
  };
  /** Take a secret away: calls that ask for it are refused */
  removeSecret: {
    path: {
      name: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** What tokens of the account stand for; it is logged who asked */
  detokenise: {
    path: None;
    query: None;
    body: {
      tokens: string[];
    };
    result: {
      values: {
        token: string;
        /** Such as `email`. */
        type: string;
        value: string;
      }[];
      /** Receipt of the act: who revealed how many. */
      receipt: string;
    };
  };
  /** Workspaces of the account */
  listWorkspaces: {
    path: None;
    query: None;
    body: undefined;
    result: {
      workspaces: WorkspaceSummary[];
    };
  };
  /** Make an empty workspace */
  createWorkspace: {
    path: None;
    query: None;
    body: {
      name: string;
      /** What may be in it; 1 GiB where it is not said. */
      quotaBytes?: number | bigint | undefined;
      /** Earlier states that are kept, at most; 10 where it is not said. */
      keepSnapshots?: number | bigint | undefined;
      /** After which they are not; null: for ever. */
      keepDays?: number | bigint | null | undefined;
    };
    result: SetWorkspace;
  };
  /** What can be known of a workspace, with the digest of its state */
  describeWorkspace: {
    path: {
      name: string;
    };
    query: None;
    body: undefined;
    result: Workspace;
  };
  /** Change its quota, or what is kept */
  setWorkspace: {
    path: {
      name: string;
    };
    query: None;
    body: {
      /** What may be in it; 1 GiB where it is not said. */
      quotaBytes?: number | bigint | undefined;
      /** Earlier states that are kept, at most; 10 where it is not said. */
      keepSnapshots?: number | bigint | undefined;
      /** After which they are not; null: for ever. */
      keepDays?: number | bigint | null | undefined;
    };
    result: SetWorkspace;
  };
  /** Remove it with all that is in it: its key is destroyed */
  removeWorkspace: {
    path: {
      name: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** What is in a folder of it, 1,000 at a time */
  listWorkspaceFiles: {
    path: {
      name: string;
    };
    query: {
      /** A folder; all of it otherwise. */
      path?: string | undefined;
      /** `true`: with what is in its folders. */
      deep?: string | undefined;
      /** From behind this path on: `next` of the page before. */
      after?: string | undefined;
      /** Number of an earlier state; the current one otherwise. */
      snapshot?: string | undefined;
    };
    body: undefined;
    result: WorkspaceFiles;
  };
  /** A file of it. Links are not followed */
  getWorkspaceFile: {
    path: {
      name: string;
      path: string;
    };
    query: {
      /** Number of an earlier state; the current one otherwise. */
      snapshot?: string | undefined;
    };
    body: undefined;
    result: Blob;
  };
  /** Put a file into it, with the folders on its way: all of it, or nothing */
  putWorkspaceFile: {
    path: {
      name: string;
      path: string;
    };
    query: {
      /** `true` where it is to be. */
      executable?: string | undefined;
    };
    body: Blob | Uint8Array | string;
    result: WorkspaceFile;
  };
  /** Remove a file or folder of it */
  removeWorkspaceFile: {
    path: {
      name: string;
      path: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** All of it, as a tar archive */
  archiveWorkspace: {
    path: {
      name: string;
    };
    query: {
      /** Number of an earlier state; the current one otherwise. */
      snapshot?: string | undefined;
    };
    body: undefined;
    result: Blob;
  };
  /** Its states, the current one first */
  listSnapshots: {
    path: {
      name: string;
    };
    query: None;
    body: undefined;
    result: {
      snapshots: Snapshot[];
    };
  };
  /** Take an earlier state away, with what only it has */
  forgetSnapshot: {
    path: {
      name: string;
      number: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Make an earlier state the current one */
  restoreSnapshot: {
    path: {
      name: string;
      number: string;
    };
    query: None;
    body: undefined;
    result: Snapshot;
  };
  /** Schedules of the account, with their next instants */
  listSchedules: {
    path: None;
    query: None;
    body: undefined;
    result: {
      schedules: Schedule[];
    };
  };
  /** Call an operation by the clock */
  createSchedule: {
    path: None;
    query: None;
    body: {
      service: string;
      operation: string;
      /** Digest prefix or alias; the newest otherwise. */
      version?: string | undefined;
      /** Minute, hour, day of month, month, day of week; or `@daily` and its like. */
      cron: string;
      /** IANA time zone. */
      zone?: string | undefined;
      /** Arguments by name. */
      input?: Record<string, unknown> | undefined;
      /** How late a firing may still be made: 30s to 168h. */
      grace?: string | undefined;
      /** While the firing before is under way. */
      overlap?: 'skip' | 'queue' | 'allow' | undefined;
      /** Spreads firings evenly over this time, at most 1h. */
      jitter?: string | undefined;
    };
    result: ChangedSchedule;
  };
  /** One schedule */
  describeSchedule: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Schedule;
  };
  /** Remove a schedule; its calls and receipts stay */
  removeSchedule: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** Firings of a schedule, newest first */
  listScheduleRuns: {
    path: {
      id: string;
    };
    query: {
      /** From the page before. */
      cursor?: string | undefined;
    };
    body: undefined;
    result: {
      runs: ScheduleRun[];
      /** For the next page. */
      cursor: string | null;
    };
  };
  /** Fire no more until it is resumed */
  pauseSchedule: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: ChangedSchedule;
  };
  /** Fire again, in the name of the key that resumes it */
  resumeSchedule: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: ChangedSchedule;
  };
  /** Fire it now */
  runSchedule: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: StartedRun;
  };
  /** Webhooks of the account, without their secrets */
  listWebhooks: {
    path: None;
    query: None;
    body: undefined;
    result: {
      webhooks: Webhook[];
    };
  };
  /** Make an address at which deliveries become calls of an operation */
  createWebhook: {
    path: None;
    query: None;
    body: {
      service: string;
      operation: string;
      /** Digest prefix or alias; the newest otherwise. */
      version?: string | undefined;
      /** How a delivery proves where it comes from. */
      verify: 'token' | 'github' | 'stripe' | 'standard';
      /** That the sender signs with; made where absent. */
      secret?: string | undefined;
      /** Where arguments come from: a JSON Pointer into the payload (empty: all of it), or `header:NAME`. Otherwise an only parameter gets all of it, and several get its members. */
      map?: Record<string, string> | undefined;
      /** How old a signature with a time may be, at most 1h. */
      tolerance?: string | undefined;
    };
    result: NewWebhook;
  };
  /** One webhook */
  describeWebhook: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Webhook;
  };
  /** Remove a webhook; its calls and receipts stay */
  removeWebhook: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: Done;
  };
  /** The last hundred deliveries, newest first */
  listDeliveries: {
    path: {
      id: string;
    };
    query: None;
    body: undefined;
    result: {
      deliveries: Delivery[];
    };
  };
  /** The log's signed head (C2SP checkpoint) */
  logCheckpoint: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** The log's verifier key (C2SP signed-note) */
  logKey: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** A tile of the log (C2SP tlog-tiles); the path has further components */
  logTile: {
    path: {
      tile: string;
    };
    query: None;
    body: undefined;
    result: Blob;
  };
  /** All verifier keys that the log has had, the one in use first */
  logKeys: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** Receipts of the log's changes of key, one a line: with one key pinned they vouch for the others */
  logHandovers: {
    path: None;
    query: None;
    body: undefined;
    result: Blob;
  };
  /** The newest signed head that witnesses cosigned (C2SP tlog-cosignature) */
  logWitnessed: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** Hand the log over to a new signing key; old receipts keep verifying */
  rotateLogKey: {
    path: None;
    query: None;
    body: undefined;
    result: {
      /** Verifier key until now. */
      from: string;
      /** Verifier key from now on. */
      to: string;
      /** Id of the receipt of the hand-over. */
      receipt: string;
      /** The last entry that the old key signed. */
      index: number;
    };
  };
  /** Witnesses of the node's log, logs that it is a witness of, and alarms */
  listWitnesses: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** Have a witness cosign the node's log */
  askWitness: {
    path: None;
    query: None;
    body: {
      vkey: string;
      url: string;
    };
    result: Done;
  };
  /** Ask a witness no more */
  dropWitness: {
    path: None;
    query: {
      /** Verifier key of the witness. */
      vkey?: string | undefined;
    };
    body: undefined;
    result: Done;
  };
  /** Make the node a witness of a log, or tell it another key of one */
  serveLog: {
    path: None;
    query: None;
    body: {
      vkey: string;
    };
    result: Done;
  };
  /** Be a witness of a log no more; what was cosigned is remembered */
  leaveLog: {
    path: None;
    query: {
      /** Name of the log. */
      origin?: string | undefined;
    };
    body: undefined;
    result: Done;
  };
  /** The node's verifier key as a witness */
  witnessKey: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** Ask for a cosignature (C2SP tlog-witness) */
  addCheckpoint: {
    path: None;
    query: None;
    body: string;
    result: string;
  };
  /** The newest checkpoint of a log that the node cosigned */
  witnessedCheckpoint: {
    path: {
      /** SHA-256 of the log's origin, hexadecimal. */
      hash: string;
    };
    query: None;
    body: undefined;
    result: string;
  };
  /** Whether the process answers */
  health: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** Whether the process answers: restart it where it does not */
  live: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** Whether the node takes calls, and what is wrong with it */
  ready: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** Figures in Prometheus' format, or OpenMetrics where `Accept` asks for it; with a key, those of its account too */
  metrics: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** This document; with a key, the operations of its account too */
  openapi: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** Make a service of code that was run */
  promoteCode: {
    path: {
      version: string;
    };
    query: None;
    body: {
      name: string;
    };
    result: Deployed;
  };
  /** Find operations that you may call, the best first */
  search: {
    path: None;
    query: {
      /** Words, or a sentence such as `takes a PDF, gives text`. */
      q?: string | undefined;
      /** What goes in. */
      takes?: string | undefined;
      /** What comes out. */
      gives?: string | undefined;
      /** How many at most, up to 50; 10 where absent. */
      limit?: string | undefined;
    };
    body: undefined;
    result: {
      found: Found[];
    };
  };
  /** Where the documents of this node are (RFC 9727) */
  apiCatalog: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** This node as an entry of an MCP registry */
  mcpServer: {
    path: None;
    query: None;
    body: undefined;
    result: Record<string, unknown>;
  };
  /** Documentation for people */
  docs: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
  /** Documentation for language models */
  llms: {
    path: None;
    query: None;
    body: undefined;
    result: string;
  };
}

/** Where each operation is. */
export const routes: Readonly<Record<keyof Operations, readonly [method: string, path: string]>> = {
  listServices: ['GET', '/v1/services'],
  describeService: ['GET', '/v1/services/{service}'],
  removeService: ['DELETE', '/v1/services/{service}'],
  listVersions: ['GET', '/v1/services/{service}/-/versions'],
  describeVersion: ['GET', '/v1/services/{service}/-/versions/{version}'],
  removeVersion: ['DELETE', '/v1/services/{service}/-/versions/{version}'],
  listAliases: ['GET', '/v1/services/{service}/-/aliases'],
  setAlias: ['PUT', '/v1/services/{service}/-/aliases/{alias}'],
  deleteAlias: ['DELETE', '/v1/services/{service}/-/aliases/{alias}'],
  rollback: ['POST', '/v1/services/{service}/-/rollback'],
  describeCanary: ['GET', '/v1/services/{service}/-/canary'],
  setCanary: ['PUT', '/v1/services/{service}/-/canary'],
  abortCanary: ['DELETE', '/v1/services/{service}/-/canary'],
  promoteCanary: ['POST', '/v1/services/{service}/-/canary/promote'],
  listPrices: ['GET', '/v1/services/{service}/-/prices'],
  setPrice: ['POST', '/v1/services/{service}/-/prices'],
  removePrice: ['DELETE', '/v1/services/{service}/-/prices/{price}'],
  describeTerms: ['GET', '/v1/services/{service}/-/quote'],
  makeQuote: ['POST', '/v1/services/{service}/-/quote'],
  releaseVersion: ['DELETE', '/v1/services/{service}/-/quarantine'],
  describeServiceOf: ['GET', '/v1/accounts/{account}/services/{service}'],
  removeServiceOf: ['DELETE', '/v1/accounts/{account}/services/{service}'],
  listVersionsOf: ['GET', '/v1/accounts/{account}/services/{service}/-/versions'],
  describeVersionOf: ['GET', '/v1/accounts/{account}/services/{service}/-/versions/{version}'],
  removeVersionOf: ['DELETE', '/v1/accounts/{account}/services/{service}/-/versions/{version}'],
  listAliasesOf: ['GET', '/v1/accounts/{account}/services/{service}/-/aliases'],
  setAliasOf: ['PUT', '/v1/accounts/{account}/services/{service}/-/aliases/{alias}'],
  deleteAliasOf: ['DELETE', '/v1/accounts/{account}/services/{service}/-/aliases/{alias}'],
  rollbackOf: ['POST', '/v1/accounts/{account}/services/{service}/-/rollback'],
  describeCanaryOf: ['GET', '/v1/accounts/{account}/services/{service}/-/canary'],
  setCanaryOf: ['PUT', '/v1/accounts/{account}/services/{service}/-/canary'],
  abortCanaryOf: ['DELETE', '/v1/accounts/{account}/services/{service}/-/canary'],
  promoteCanaryOf: ['POST', '/v1/accounts/{account}/services/{service}/-/canary/promote'],
  listPricesOf: ['GET', '/v1/accounts/{account}/services/{service}/-/prices'],
  setPriceOf: ['POST', '/v1/accounts/{account}/services/{service}/-/prices'],
  removePriceOf: ['DELETE', '/v1/accounts/{account}/services/{service}/-/prices/{price}'],
  describeTermsOf: ['GET', '/v1/accounts/{account}/services/{service}/-/quote'],
  makeQuoteOf: ['POST', '/v1/accounts/{account}/services/{service}/-/quote'],
  releaseVersionOf: ['DELETE', '/v1/accounts/{account}/services/{service}/-/quarantine'],
  listCalls: ['GET', '/v1/calls'],
  getCall: ['GET', '/v1/calls/{id}'],
  listReceipts: ['GET', '/v1/receipts'],
  exportReceipts: ['GET', '/v1/receipts/-/export'],
  replayReceipt: ['POST', '/v1/receipts/{id}/replay'],
  erase: ['POST', '/v1/erasures'],
  receiptSchema: ['GET', '/schemas/receipt/{kind}/v1'],
  getReceipt: ['GET', '/v1/receipts/{id}'],
  describeMe: ['GET', '/v1/me'],
  listKeys: ['GET', '/v1/keys'],
  createKey: ['POST', '/v1/keys'],
  revokeKey: ['DELETE', '/v1/keys/{id}'],
  listAccounts: ['GET', '/v1/accounts'],
  createAccount: ['POST', '/v1/accounts'],
  createToken: ['POST', '/v1/tokens'],
  rotateTokenKey: ['POST', '/v1/tokens/rotate-key'],
  tokenKeys: ['GET', '/.well-known/jwks.json'],
  resourceMetadata: ['GET', '/.well-known/oauth-protected-resource'],
  listIssuers: ['GET', '/v1/issuers'],
  addIssuer: ['POST', '/v1/issuers'],
  removeIssuer: ['DELETE', '/v1/issuers/{id}'],
  listPolicies: ['GET', '/v1/policies'],
  putPolicy: ['PUT', '/v1/policies'],
  applyPolicy: ['POST', '/v1/policies'],
  decidePolicy: ['POST', '/v1/policies/-/decide'],
  simulatePolicy: ['POST', '/v1/policies/-/simulate'],
  removePolicy: ['DELETE', '/v1/policies/{name}'],
  listJobs: ['GET', '/v1/jobs'],
  getJob: ['GET', '/v1/jobs/{id}'],
  cancelJob: ['DELETE', '/v1/jobs/{id}'],
  approveJob: ['POST', '/v1/jobs/{id}/approve'],
  rejectJob: ['POST', '/v1/jobs/{id}/reject'],
  getJobResult: ['GET', '/v1/jobs/{id}/result'],
  followJob: ['GET', '/v1/jobs/{id}/events'],
  listBudgets: ['GET', '/v1/budgets'],
  createBudget: ['POST', '/v1/budgets'],
  describeBudget: ['GET', '/v1/budgets/{id}'],
  changeBudget: ['PUT', '/v1/budgets/{id}'],
  removeBudget: ['DELETE', '/v1/budgets/{id}'],
  reportCarbon: ['GET', '/v1/carbon'],
  reportUsage: ['GET', '/v1/usage'],
  reportAccounts: ['GET', '/v1/accounts/-/usage'],
  listSlos: ['GET', '/v1/slos'],
  setSlo: ['PUT', '/v1/slos/{service}/{objective}'],
  removeSlo: ['DELETE', '/v1/slos/{service}/{objective}'],
  readPromises: ['GET', '/v1/promises'],
  listInvoices: ['GET', '/v1/invoices'],
  makeInvoice: ['POST', '/v1/invoices'],
  getInvoice: ['GET', '/v1/invoices/{id}'],
  listSecrets: ['GET', '/v1/secrets'],
  setSecret: ['POST', '/v1/secrets'],
  describeSecret: ['GET', '/v1/secrets/{name}'],
  putSecret: ['PUT', '/v1/secrets/{name}'],
  removeSecret: ['DELETE', '/v1/secrets/{name}'],
  detokenise: ['POST', '/v1/detokenise'],
  listWorkspaces: ['GET', '/v1/workspaces'],
  createWorkspace: ['POST', '/v1/workspaces'],
  describeWorkspace: ['GET', '/v1/workspaces/{name}'],
  setWorkspace: ['PATCH', '/v1/workspaces/{name}'],
  removeWorkspace: ['DELETE', '/v1/workspaces/{name}'],
  listWorkspaceFiles: ['GET', '/v1/workspaces/{name}/files'],
  getWorkspaceFile: ['GET', '/v1/workspaces/{name}/files/{path}'],
  putWorkspaceFile: ['PUT', '/v1/workspaces/{name}/files/{path}'],
  removeWorkspaceFile: ['DELETE', '/v1/workspaces/{name}/files/{path}'],
  archiveWorkspace: ['GET', '/v1/workspaces/{name}/archive'],
  listSnapshots: ['GET', '/v1/workspaces/{name}/snapshots'],
  forgetSnapshot: ['DELETE', '/v1/workspaces/{name}/snapshots/{number}'],
  restoreSnapshot: ['POST', '/v1/workspaces/{name}/snapshots/{number}/restore'],
  listSchedules: ['GET', '/v1/schedules'],
  createSchedule: ['POST', '/v1/schedules'],
  describeSchedule: ['GET', '/v1/schedules/{id}'],
  removeSchedule: ['DELETE', '/v1/schedules/{id}'],
  listScheduleRuns: ['GET', '/v1/schedules/{id}/runs'],
  pauseSchedule: ['POST', '/v1/schedules/{id}/pause'],
  resumeSchedule: ['POST', '/v1/schedules/{id}/resume'],
  runSchedule: ['POST', '/v1/schedules/{id}/run'],
  listWebhooks: ['GET', '/v1/webhooks'],
  createWebhook: ['POST', '/v1/webhooks'],
  describeWebhook: ['GET', '/v1/webhooks/{id}'],
  removeWebhook: ['DELETE', '/v1/webhooks/{id}'],
  listDeliveries: ['GET', '/v1/webhooks/{id}/deliveries'],
  logCheckpoint: ['GET', '/log/checkpoint'],
  logKey: ['GET', '/log/vkey'],
  logTile: ['GET', '/log/tile/{tile}'],
  logKeys: ['GET', '/log/vkeys'],
  logHandovers: ['GET', '/log/handovers'],
  logWitnessed: ['GET', '/log/witnessed'],
  rotateLogKey: ['POST', '/v1/log/rotate-key'],
  listWitnesses: ['GET', '/v1/log/witnesses'],
  askWitness: ['POST', '/v1/log/witnesses'],
  dropWitness: ['DELETE', '/v1/log/witnesses'],
  serveLog: ['POST', '/v1/log/witnessed'],
  leaveLog: ['DELETE', '/v1/log/witnessed'],
  witnessKey: ['GET', '/witness/vkey'],
  addCheckpoint: ['POST', '/witness/add-checkpoint'],
  witnessedCheckpoint: ['GET', '/witness/{hash}/checkpoint'],
  health: ['GET', '/healthz'],
  live: ['GET', '/livez'],
  ready: ['GET', '/readyz'],
  metrics: ['GET', '/metrics'],
  openapi: ['GET', '/openapi.json'],
  promoteCode: ['POST', '/v1/run/{version}/promote'],
  search: ['GET', '/v1/search'],
  apiCatalog: ['GET', '/.well-known/api-catalog'],
  mcpServer: ['GET', '/.well-known/mcp/server.json'],
  docs: ['GET', '/docs'],
  llms: ['GET', '/llms.txt'],
};
