import { CrankError } from '#src/core/error.ts';

/** A bucket behind the S3 API. */
export interface Bucket {
  bucket: string;
  /** In front of every key: empty, or ending in a slash. */
  prefix: string;
  region: string;
  /** Base URL of a service other than AWS, without a slash at its end: buckets are then named in the path. */
  endpoint?: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/**
 * Reads `s3://BUCKET[/PREFIX][?region=R&endpoint=URL]`. Credentials, and region and endpoint where the location has none,
 * come from the variables that AWS's own tools read.
 *
 * @throws CrankError `invalid-input`
 */
export const parseBucket = (text: string, env: Readonly<Record<string, string | undefined>>): Bucket => {
  const wrong = (why: string): CrankError =>
    new CrankError('invalid-input', `"${text}" is no place for objects: ${why}. Give s3://BUCKET/PREFIX.`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 's3:') throw wrong('it does not begin with s3://');
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.host)) throw wrong(`"${url.host}" cannot be a bucket`);
  const odd = [...url.searchParams.keys()].find((name) => name !== 'region' && name !== 'endpoint');
  if (odd !== undefined) throw wrong(`it has an unknown option "${odd}"`);
  const endpoint = url.searchParams.get('endpoint') ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  if (endpoint !== undefined && !/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : ''))
    throw wrong(`the endpoint "${endpoint}" is no HTTP address`);
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  if (!accessKeyId || !secretAccessKey)
    throw new CrankError('invalid-input', `${text} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to be set.`);
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  const sessionToken = env['AWS_SESSION_TOKEN'];
  return {
    bucket: url.host,
    prefix: prefix && `${prefix}/`,
    region: url.searchParams.get('region') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint: endpoint.replace(/\/+$/, '') }),
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
};
