/** Where one can go, and what one has to be allowed for it. */
export interface Place {
  path: string;
  name: string;
  action: string;
  group: '' | 'Account';
}

export const places: readonly Place[] = [
  { path: '/', name: 'Home', action: 'usage.read', group: '' },
  { path: '/services', name: 'Services', action: 'service.read', group: '' },
  { path: '/deploy', name: 'Deploy', action: 'service.deploy', group: '' },
  { path: '/calls', name: 'Calls', action: 'call.read', group: '' },
  { path: '/calls/jobs', name: 'Jobs', action: 'call.read', group: '' },
  { path: '/receipts', name: 'Receipts', action: 'log.read', group: '' },
  { path: '/usage', name: 'Usage', action: 'usage.read', group: '' },
  { path: '/settings/keys', name: 'Keys', action: 'key.read', group: 'Account' },
  { path: '/settings/policies', name: 'Policies', action: 'policy.read', group: 'Account' },
  { path: '/settings/budgets', name: 'Budgets', action: 'budget.read', group: 'Account' },
  { path: '/settings/secrets', name: 'Secrets', action: 'secret.read', group: 'Account' },
];

/** The place that a path belongs to: the longest that it begins with. */
export const placeOf = (path: string): Place | undefined =>
  places
    .filter((place) => (place.path === '/' ? path === '/' : `${path}/`.startsWith(`${place.path}/`)))
    .sort((a, b) => b.path.length - a.path.length)[0];
