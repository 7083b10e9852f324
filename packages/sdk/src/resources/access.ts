import type { Api, Body, Path, Query } from '../api.ts';

export const keysOf = (api: Api) => ({
  /** Its secret, `key`, is shown this once. */
  create: (body: Body<'createKey'>) => api('createKey', { body }),
  list: async () => (await api('listKeys')).keys,
  revoke: (id: string) => api('revokeKey', { path: { id } }),
});

/** Who asks, and what it may do. */
export const meOf = (api: Api) => () => api('describeMe');

export const tokensOf = (api: Api) => ({
  /** A short-lived token from the client's own key, with less than that may. */
  create: (body: Body<'createToken'> = {}) => api('createToken', { body }),
  rotateKey: (body: Body<'rotateTokenKey'> = {}) => api('rotateTokenKey', { body }),
});

export const issuersOf = (api: Api) => ({
  add: (body: Body<'addIssuer'>) => api('addIssuer', { body }),
  list: async () => (await api('listIssuers')).issuers,
  remove: (id: string) => api('removeIssuer', { path: { id } }),
});

export const accountsOf = (api: Api) => ({
  create: (name: string) => api('createAccount', { body: { name } }),
  list: async () => (await api('listAccounts')).accounts,
});

export const policiesOf = (api: Api) => ({
  /** Adds or replaces one bundle. */
  apply: (body: Body<'applyPolicy'>) => api('applyPolicy', { body }),
  list: async () => (await api('listPolicies')).policies,
  remove: (name: string, layer?: string) => api('removePolicy', { path: { name }, query: { layer } }),
  /** What policy would say of a call, rule by rule; nothing runs. */
  decide: (body: Body<'decidePolicy'>) => api('decidePolicy', { body }),
  /** What a bundle would have changed on the newest calls. */
  simulate: (body: Body<'simulatePolicy'>) => api('simulatePolicy', { body }),
});

export const secretsOf = (api: Api) => ({
  set: (name: string, value: string) => api('putSecret', { path: { name }, body: { value } }),
  list: async () => (await api('listSecrets')).secrets,
  describe: (name: string) => api('describeSecret', { path: { name } }),
  remove: (name: string) => api('removeSecret', { path: { name } }),
});

export const budgetsOf = (api: Api) => ({
  create: (body: Body<'createBudget'>) => api('createBudget', { body }),
  list: async () => (await api('listBudgets')).budgets,
  describe: (id: string) => api('describeBudget', { path: { id } }),
  change: (id: string, body: Body<'changeBudget'>) => api('changeBudget', { path: { id }, body }),
  remove: (id: string) => api('removeBudget', { path: { id } }),
});

export const usageOf = (api: Api) => ({
  /** A page of what was used; `total` is of the whole period. */
  report: async (query: Omit<Query<'reportUsage'>, 'format'> = {}) => {
    const report = await api('reportUsage', { query });
    if (typeof report === 'string') throw new TypeError('The node answered with text where JSON was asked for.');
    return report;
  },
  /** Carbon of services, part by part. */
  carbon: (query: Query<'reportCarbon'> = {}) => api('reportCarbon', { query }),
  /** Totals of the node's accounts, for those who run it. */
  accounts: (query: Query<'reportAccounts'> = {}) => api('reportAccounts', { query }),
});

/** What is promised of services. */
export const slosOf = (api: Api) => ({
  set: (service: string, objective: Path<'setSlo'>['objective'], body: Body<'setSlo'>) =>
    api('setSlo', { path: { service, objective }, body }),
  list: async () => (await api('listSlos')).slos,
  remove: (service: string, objective: Path<'removeSlo'>['objective']) =>
    api('removeSlo', { path: { service, objective } }),
  /** What the platform promises of each service, as it is kept. */
  promises: () => api('readPromises'),
});

/** Texts that stand for personal data. */
export const privacyOf = (api: Api) => ({
  detokenise: (tokens: string[]) => api('detokenise', { body: { tokens } }),
});
