/** Every setting in one place: flags win over the environment, the environment over `config.json` in the data folder. */
export const settings = [
  {
    env: 'CRANK_DATA',
    flag: '--data',
    default: '$XDG_DATA_HOME/crank, as root /var/lib/crank',
    description: 'Data folder of the node.',
  },
  {
    env: 'CRANK_URL',
    flag: '--url',
    default: 'http://127.0.0.1:7700',
    description: 'Address of the node that the command line talks to; its port is where `npm start` serves.',
  },
  { env: 'CRANK_KEY', flag: '--key', default: 'DIR/owner.key', description: 'API key of the command line.' },
  { env: 'CRANK_HOST', flag: '--host', default: '127.0.0.1', description: 'Address that `crank up` listens on.' },
  { env: 'CRANK_PORT', flag: '--port', default: '7700', description: 'Port that `crank up` listens on.' },
  {
    env: 'CRANK_PUBLIC_URL',
    flag: '',
    default: 'what the request calls it',
    description:
      'Address of the node as its clients know it, such as `https://crank.example.com` behind a proxy that ends TLS. Documents and answers name it.',
  },
  {
    env: 'CRANK_HOSTS',
    flag: '',
    default: 'on a loopback address none, else any',
    description:
      'Names that requests may call this node by in their Host header, separated by commas, beside addresses, `localhost` and the name in `CRANK_PUBLIC_URL`; `any` takes all.',
  },
  {
    env: 'CRANK_CORS',
    flag: '',
    default: 'none',
    description:
      'Origins whose pages may ask this node from a browser, such as `https://app.example.com`, separated by commas. They need a key like everybody else.',
  },
  {
    env: 'CRANK_DATABASE_URL',
    flag: '',
    default: 'DIR/crank.db (SQLite)',
    description: 'PostgreSQL URL: relational state there instead of SQLite.',
  },
  {
    env: 'CRANK_LOG_LEVEL',
    flag: '',
    default: 'info',
    description: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
  },
  {
    env: 'CRANK_CALL_LOG',
    flag: '',
    default: 'none',
    description:
      'Calls that get a line in the log of the node, JSON with names, outcome, times and trace: `none`, `failed` or `all`.',
  },
  {
    env: 'CRANK_ACCOUNT',
    flag: '',
    default: 'default',
    description: 'Name of the account that a new data folder begins with.',
  },
  {
    env: 'CRANK_GRID',
    flag: '',
    default: 'WORLD',
    description: 'ISO 3166 alpha-3 country whose yearly average grid intensity is used.',
  },
  {
    env: 'CRANK_PUE',
    flag: '',
    default: '1',
    description:
      'Energy of the room for that of its machines (PUE), such as `1.3`, for `crank carbon` (docs/energy.md).',
  },
  {
    env: 'CRANK_EMBODIED',
    flag: '',
    default: 'none',
    description:
      'Carbon of making the machine and the years that it serves, kilograms of CO2e and years such as `280/4`, for `crank carbon`.',
  },
  {
    env: 'CRANK_CARBON_PRICE',
    flag: '',
    default: "the EPA's central value for the year",
    description:
      'US dollars for a tonne of CO2-equivalent, such as `190`: what the charge line `carbon` is reckoned with (docs/prices.md).',
  },
  {
    env: 'CRANK_ENERGY_CALIBRATION',
    flag: '',
    default: 'none: RAPL as it is',
    description:
      'Joules that a meter at the wall shows for one joule of the RAPL counters, such as `1.35`: figures of energy are then grade A (docs/energy.md).',
  },
  {
    env: 'CRANK_SANDBOX_UID',
    flag: '',
    default: '64000',
    description: 'Unprivileged user and group id of sandboxes where the node runs as root.',
  },
  {
    env: 'CRANK_ISOLATION',
    flag: '',
    default: 'bubblewrap',
    description:
      'What sandboxes are made with: `bubblewrap`, or `container` (Docker, Podman), where all services run at that level.',
  },
  {
    env: 'CRANK_CONTAINER_ENGINE',
    flag: '',
    default: '`docker`, else `podman`',
    description: "A container engine's command, with options behind it; the first that answers.",
  },
  {
    env: 'CRANK_CONTAINER_IMAGE',
    flag: '',
    default: 'made of the machine itself',
    description:
      'An image that is there already, with the same Python series on its PATH, instead of the Python of this machine.',
  },
  {
    env: 'CRANK_EGRESS',
    flag: '',
    default: 'none',
    description:
      'What services may reach at most, where policy grants it: `host:port`, `*.name:port`, separated by commas. An address named here with its port is open although it is private; a name that stands for private addresses needs each of them, too.',
  },
  {
    env: 'CRANK_INDEX_HOSTS',
    flag: '',
    default: 'none',
    description:
      "What builds of source distributions may reach beside the package index of uv's settings, and the hosts where that keeps its files: `host:port`, separated by commas.",
  },
  {
    env: 'CRANK_SIGNER',
    flag: '',
    default: 'the key file in DIR/keys',
    description: "Unix socket of a signing process (`crank signer`) that holds the log's key: docs/signer.md.",
  },
  {
    env: 'CRANK_LOG_STORE',
    flag: '',
    default: 'the folder DIR/log',
    description:
      'Bucket for the files of the transparency log, `s3://BUCKET/PREFIX?region=R&endpoint=URL`, with credentials in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Each log is below its name.',
  },
  {
    env: 'CRANK_ORIGIN',
    flag: '',
    default: '`crank.local/` and 16 random characters',
    description: 'Name of a new log, such as `example.com/crank`: a log keeps the name that it began with.',
  },
  {
    env: 'CRANK_BUILTIN',
    flag: '',
    default: 'all',
    description:
      'Built-in services that a node deploys into its own account when it has started (docs/doc.md): `all`, `none`, or names such as `doc`, separated by commas.',
  },
  {
    env: 'CRANK_REGION',
    flag: '',
    default: 'none',
    description:
      'Where this node is, as policies may require it of calls: names, the widest first, such as `eu,de,de-fra1` (docs/policies.md).',
  },
  {
    env: 'CRANK_RATE',
    flag: '',
    default: '5000',
    description: 'Requests a second that one principal may make of this node; twice as many at once.',
  },
  {
    env: 'CRANK_ACCOUNT_RATE',
    flag: '',
    default: '20000',
    description: 'The same for all principals of one account together.',
  },
  {
    env: 'CRANK_CONCURRENCY',
    flag: '',
    default: '256',
    description: 'Calls in flight on this node; beyond it the answer is 503.',
  },
  {
    env: 'CRANK_DECISION_LOG',
    flag: '',
    default: 'none',
    description:
      "Where each decision of policy is logged in OPA's format: `file` (DIR/decisions), the URL of a service that takes them at `/logs`, or both, separated by a comma (docs/decision-log.md).",
  },
  {
    env: 'CRANK_DECISION_LOG_TOKEN',
    flag: '',
    default: 'none',
    description: 'Bearer token for that service.',
  },
  {
    env: 'CRANK_DECISION_LOG_PAYLOADS',
    flag: '',
    default: '`erase`',
    description:
      'What becomes of the arguments of calls in the decision log: `erase`, or `mask`: they are logged, without files, with personal data and secrets that are found in them masked.',
  },
  { env: 'CRANK_JOBS', flag: '', default: 'two for each processor', description: 'Jobs that run at one time.' },
  { env: 'CRANK_JOB_DAYS', flag: '', default: '7', description: 'Days for which the result of a job is kept.' },
  {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    flag: '',
    default: 'none',
    description:
      'Address of a collector of OpenTelemetry, such as `http://127.0.0.1:4318`: calls are traced and their spans sent to `/v1/traces` below it (docs/observability.md).',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    flag: '',
    default: 'none',
    description: 'The whole address for spans instead.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    flag: '',
    default: 'none',
    description: 'Headers of these requests, `key=value` with percent-encoded values, separated by commas.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    flag: '',
    default: 'as above',
    description: 'The same for spans, which wins.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    flag: '',
    default: '10000',
    description: 'Milliseconds for one of these requests.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    flag: '',
    default: 'as above',
    description: 'The same for spans, which wins.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_COMPRESSION',
    flag: '',
    default: 'none',
    description: '`gzip` or `none`.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION',
    flag: '',
    default: 'as above',
    description: 'The same for spans, which wins.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    flag: '',
    default: 'http/json',
    description: '`http/json`, the only one that is spoken.',
  },
  {
    env: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    flag: '',
    default: 'as above',
    description: 'The same for spans, which wins.',
  },
  {
    env: 'OTEL_TRACES_SAMPLER',
    flag: '',
    default: 'parentbased_always_on',
    description:
      'Which traces are recorded: `always_on`, `always_off`, `traceidratio`, and each with `parentbased_` before it, which leaves it to the caller where there is a `traceparent`.',
  },
  {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    flag: '',
    default: '1',
    description: 'Ratio of traces, 0 to 1, for `traceidratio`.',
  },
  {
    env: 'OTEL_TRACES_EXPORTER',
    flag: '',
    default: 'otlp',
    description: '`otlp`, or `none`: nothing is traced.',
  },
  {
    env: 'OTEL_SDK_DISABLED',
    flag: '',
    default: 'false',
    description: '`true`: nothing is traced.',
  },
  {
    env: 'OTEL_BSP_SCHEDULE_DELAY',
    flag: '',
    default: '5000',
    description: 'Milliseconds that spans wait for others.',
  },
  {
    env: 'OTEL_BSP_MAX_QUEUE_SIZE',
    flag: '',
    default: '2048',
    description: 'Spans that wait; what comes beyond is dropped and counted.',
  },
  {
    env: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    flag: '',
    default: '512',
    description: 'Spans of one request.',
  },
  {
    env: 'OTEL_SERVICE_NAME',
    flag: '',
    default: 'crank',
    description: '`service.name` of the spans.',
  },
  {
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    flag: '',
    default: 'none',
    description: 'More about the node in each batch: `key=value` with percent-encoded values, separated by commas.',
  },
] as const;
