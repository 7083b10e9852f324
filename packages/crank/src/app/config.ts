import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { type Destination, parseDestination } from '#src/core/destination.ts';
import { CrankError } from '#src/core/error.ts';
import { type CallLog, callLogs } from '#src/platform/call-log.ts';
import { type Bucket, parseBucket } from '#src/store/bucket.ts';
import { type OtelConfig, otelConfig } from './otel-config.ts';
import type { settings } from './settings.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

type Env = Readonly<Record<string, string | undefined>>;
type SettingName = (typeof settings)[number]['env'];

export interface Config {
  data: string;
  host: string;
  port: number;
  /** Without a slash at its end. */
  publicUrl: string | undefined;
  /** Names that the node may be called by; undefined: any. */
  names: readonly string[] | undefined;
  cors: readonly string[];
  database: { sqlite: string } | { postgres: string };
  logLevel: string;
  callLog: CallLog;
  account: string;
  grid: string;
  surroundings: Surroundings;
  /** USD per tonne of CO2-equivalent; of the year by the EPA where absent. */
  carbonPrice: number | undefined;
  /** Joules at a meter for one of RAPL. */
  energyCalibration: number | undefined;
  sandboxUid: number;
  /** Where the node is, the widest first. */
  regions: readonly string[];
  /** Where decisions are logged; undefined: nowhere. */
  decisionLog: { file: boolean; url: string | undefined; token: string | undefined; payloads: boolean } | undefined;
  /** Names of built-in services that are deployed. */
  builtin: 'all' | readonly string[];
  /** What services may reach at most. */
  egress: readonly Destination[];
  /** What builds may reach beside the package index. */
  indexHosts: readonly Destination[];
  /** Socket of the process that holds the log's key. */
  signer: string | undefined;
  /** Where the files of the log are, unless in the data folder. */
  logBucket: Bucket | undefined;
  /** What a new log is called. */
  origin: string | undefined;
  /** Sandboxes are containers. */
  container: { engine?: string; image?: string } | undefined;
  rate: number;
  accountRate: number;
  concurrency: number;
  /** Jobs that run at one time. */
  jobs: number;
  /** Milliseconds for which the result of a job is kept. */
  jobResultMs: number;
  /** Where traces go; undefined: nowhere. */
  traces: OtelConfig | undefined;
  /** Programs that the node gets for itself (uv, opa), shared by the nodes of a user. */
  tools: string;
}

/** The data folder, before anything of it exists. */
export const dataFolder = (env: Env): string => {
  if (env['CRANK_DATA']) return resolve(env['CRANK_DATA']);
  if (process.getuid?.() === 0) return '/var/lib/crank';
  const home = env['XDG_DATA_HOME'] || (env['HOME'] && join(env['HOME'], '.local/share'));
  if (!home) throw new CrankError('invalid-input', 'No place for data: set CRANK_DATA to a folder.');
  return join(home, 'crank');
};

const toolsFolder = (env: Env, data: string): string => {
  const cache = env['XDG_CACHE_HOME'] || (env['HOME'] && join(env['HOME'], '.cache'));
  return cache ? join(cache, 'crank', 'tools') : join(data, 'tools');
};

/** Where the command line looks for a node. */
export const nodeUrl = (env: Env): string => env['CRANK_URL'] || 'http://127.0.0.1:7700';

const number = (name: SettingName, text: string, min: number, max: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new CrankError('invalid-input', `${name} is "${text}": give a whole number from ${min} to ${max}.`);
  }
  return value;
};

const carbonPriceOf = (text: string): number | undefined => {
  if (text === '') return undefined;
  const value = /^\d{1,5}(?:\.\d{1,7})?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 10_000) return value;
  throw new CrankError(
    'invalid-input',
    `CRANK_CARBON_PRICE is "${text}": write dollars per tonne of CO2, such as 190, from 0 to 10000.`,
  );
};

/** A meter shows more than the processors draw, since it has the rest of the machine in it; ten times is a mistake. */
const calibrationOf = (text: string): number | undefined => {
  if (text === '') return undefined;
  const factor = Number(text);
  if (factor >= 0.5 && factor <= 10) return factor;
  throw new CrankError('invalid-input', `CRANK_ENERGY_CALIBRATION is "${text}": give a number from 0.5 to 10.`);
};

const containerOf = (isolation: string, { engine, image }: { engine: string; image: string }): Config['container'] => {
  if (isolation === 'bubblewrap') return undefined;
  if (isolation === 'container') return { ...(engine && { engine }), ...(image && { image }) };
  throw new CrankError('invalid-input', `CRANK_ISOLATION is "${isolation}": give "bubblewrap" or "container".`);
};

const publicUrlOf = (text: string): string | undefined => {
  if (text === '') return undefined;
  const {
    protocol = '',
    href = '',
    search,
    hash,
    username,
  } = URL.canParse(text) ? new URL(text) : ({} as Partial<URL>);
  if (!/^https?:$/.test(protocol) || search || hash || username)
    throw new CrankError(
      'invalid-input',
      `CRANK_PUBLIC_URL is "${text}": give an address like https://crank.example.com.`,
    );
  return href.replace(/\/+$/, '');
};

const logBucketOf = (text: string, env: Env): Bucket | undefined => (text ? parseBucket(text, env) : undefined);

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'none');

/** On a loopback address another name than its own tells of a page that had a name changed to it. */
const namesOf = (text: string, host: string, publicUrl: string | undefined): readonly string[] | undefined => {
  const names = listOf(text.toLowerCase());
  const isLoopback = /^(?:127\.|::1$|localhost$)/.test(host);
  if (names.includes('any') || (names.length === 0 && !isLoopback)) return undefined;
  const wrong = names.find((name) => !/^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/.test(name));
  if (wrong !== undefined)
    throw new CrankError(
      'invalid-input',
      `CRANK_HOSTS names "${wrong}": give names like crank.example.com, without port.`,
    );
  return publicUrl === undefined ? names : [...names, new URL(publicUrl).hostname];
};

const originsOf = (text: string): readonly string[] => {
  const origins = listOf(text);
  const wrong = origins.find((one) => !URL.canParse(one) || new URL(one).origin !== one);
  if (wrong === undefined) return origins;
  throw new CrankError('invalid-input', `CRANK_CORS names "${wrong}": give origins like https://app.example.com.`);
};

const destinations = (name: SettingName, text: string): readonly Destination[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'none')
    .map((one) => {
      const read = parseDestination(one);
      if (!('wrong' in read)) return read;
      throw new CrankError('invalid-input', `${name} names "${one}", which ${read.wrong}.`);
    });

const decisionLogOf = (
  text: string,
  { token, payloads }: { token: string; payloads: string },
): Config['decisionLog'] => {
  const wanted = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'none');
  if (payloads !== 'erase' && payloads !== 'mask')
    throw new CrankError('invalid-input', `CRANK_DECISION_LOG_PAYLOADS is "${payloads}": write erase or mask.`);
  if (wanted.length === 0) return undefined;
  const urls = wanted.filter((one) => one !== 'file');
  const url = urls[0];
  const parsed = url === undefined ? undefined : URL.parse(url);
  const isPlain =
    parsed && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.search + parsed.hash === '';
  if (urls.length > 1 || (url !== undefined && !isPlain))
    throw new CrankError(
      'invalid-input',
      `CRANK_DECISION_LOG names "${urls.join(',')}": write file, one http or https URL without name, query and fragment, or both.`,
    );
  return {
    file: wanted.includes('file'),
    url: url?.replace(/\/+$/, ''),
    token: token || undefined,
    payloads: payloads === 'mask',
  };
};

const regionsOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'none')
    .map((one) => {
      if (/^[A-Za-z0-9][A-Za-z0-9._+@:-]{0,63}$/.test(one)) return one;
      throw new CrankError('invalid-input', `CRANK_REGION names "${one.slice(0, 80)}", which is no name such as eu.`);
    });

const callLogOf = (text: string): CallLog => {
  const known = callLogs.find((one) => one === text);
  if (known !== undefined) return known;
  throw new CrankError('invalid-input', `CRANK_CALL_LOG is "${text}": write one of ${callLogs.join(', ')}.`);
};

const builtinOf = (text: string): Config['builtin'] =>
  text === 'all'
    ? 'all'
    : text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '' && one !== 'none');

/** @throws CrankError `invalid-input` for a setting that makes no sense */
export const loadConfig = (env: Env, flags: Partial<Record<SettingName, string>> = {}): Config => {
  const data = dataFolder({ ...env, ...(flags.CRANK_DATA && { CRANK_DATA: flags.CRANK_DATA }) });
  const file = readConfigFile(join(data, 'config.json'));
  const get = (name: SettingName, fallback: string): string => flags[name] || env[name] || file[name] || fallback;
  const database = get('CRANK_DATABASE_URL', '');
  const host = get('CRANK_HOST', '127.0.0.1');
  const publicUrl = publicUrlOf(get('CRANK_PUBLIC_URL', ''));
  return {
    data,
    host,
    port: number('CRANK_PORT', get('CRANK_PORT', '7700'), 0, 65_535),
    publicUrl,
    names: namesOf(get('CRANK_HOSTS', ''), host, publicUrl),
    cors: originsOf(get('CRANK_CORS', '')),
    database: database ? { postgres: database } : { sqlite: join(data, 'crank.db') },
    logLevel: get('CRANK_LOG_LEVEL', 'info'),
    callLog: callLogOf(get('CRANK_CALL_LOG', 'none')),
    account: get('CRANK_ACCOUNT', 'default'),
    grid: get('CRANK_GRID', 'WORLD'),
    surroundings: surroundingsOf(get('CRANK_PUE', '1'), get('CRANK_EMBODIED', '')),
    carbonPrice: carbonPriceOf(get('CRANK_CARBON_PRICE', '')),
    energyCalibration: calibrationOf(get('CRANK_ENERGY_CALIBRATION', '')),
    sandboxUid: number('CRANK_SANDBOX_UID', get('CRANK_SANDBOX_UID', '64000'), 1, 2 ** 31),
    logBucket: logBucketOf(get('CRANK_LOG_STORE', ''), env),
    signer: get('CRANK_SIGNER', '') || undefined,
    origin: get('CRANK_ORIGIN', '') || undefined,
    container: containerOf(get('CRANK_ISOLATION', 'bubblewrap'), {
      engine: get('CRANK_CONTAINER_ENGINE', ''),
      image: get('CRANK_CONTAINER_IMAGE', ''),
    }),
    builtin: builtinOf(get('CRANK_BUILTIN', 'all')),
    egress: destinations('CRANK_EGRESS', get('CRANK_EGRESS', '')),
    indexHosts: destinations('CRANK_INDEX_HOSTS', get('CRANK_INDEX_HOSTS', '')),
    regions: regionsOf(get('CRANK_REGION', '')),
    decisionLog: decisionLogOf(get('CRANK_DECISION_LOG', ''), {
      token: get('CRANK_DECISION_LOG_TOKEN', ''),
      payloads: get('CRANK_DECISION_LOG_PAYLOADS', 'erase'),
    }),
    rate: number('CRANK_RATE', get('CRANK_RATE', '5000'), 1, 1e6),
    accountRate: number('CRANK_ACCOUNT_RATE', get('CRANK_ACCOUNT_RATE', '20000'), 1, 1e6),
    traces: otelConfig(get),
    tools: toolsFolder(env, data),
    concurrency: number('CRANK_CONCURRENCY', get('CRANK_CONCURRENCY', '256'), 1, 1e5),
    jobs: number('CRANK_JOBS', get('CRANK_JOBS', String(2 * availableParallelism())), 1, 1e4),
    jobResultMs: number('CRANK_JOB_DAYS', get('CRANK_JOB_DAYS', '7'), 1, 3_650) * 86_400_000,
  };
};

const readConfigFile = (path: string): Record<string, string> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, String(member)]));
    }
  } catch {
    // Falls through to the one message below.
  }
  throw new CrankError('invalid-input', `${path} is not a JSON object of settings: mend or delete it.`);
};
