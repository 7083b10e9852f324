/** What actions are about: the families of the default policy's grants. */
const families = [
  'service',
  'call',
  'code',
  'receipt',
  'usage',
  'log',
  'key',
  'token',
  'issuer',
  'account',
  'node',
  'policy',
  'privacy',
  'budget',
  'workspace',
  'subject',
  'secret',
  'schedule',
  'webhook',
];

const FORM = /^([a-z]+)\.(?:\*|[a-z-]{1,40})(?::[a-z0-9][a-z0-9-]{0,62}(?:\.\w{1,128})?)?$/;

export const MOST_SCOPES = 50;

/**
 * Whether a text is a scope: an action (`service.call`) or a family of them (`service.*`), and where it is for one service
 * or operation its name behind `:` (`service.call:words.count`).
 */
export const isScope = (text: string): boolean => families.includes(FORM.exec(text)?.[1] ?? '');
