import { isShortDay, luhn } from '../checksums.ts';
import type { Scheme } from './scheme.ts';

/** South Africa's Department of Home Affairs: birth, order, citizenship, Luhn. */
const southAfrica: Scheme = {
  type: 'za-id',
  layouts: { '9999999999999': 0.4, '999999 9999 99 9': 0.8, '999999 9999999': 0.5 },
  words: ['id (?:no|number|book|card)', 'south african id', 'identity (?:no|number)', 'rsa id', 'sa id'],
  valid: (n) => isShortDay(n.slice(0, 2), n.slice(2, 4), n.slice(4, 6)) && /^.{10}[012]/.test(n) && luhn(n),
};

/** Israel's Population Authority: Luhn over nine digits. */
const israel: Scheme = {
  type: 'il-id',
  layouts: { '99999999-9': 0.3, '9999999-9': 0.2, '999999999': 0.1 },
  words: ['תעודת זהות', 'ת\\.?ז\\.?', 'מספר זהות', 'teudat zehut', 'israeli id'],
  valid: (n) => Number(n) > 0 && luhn(n.padStart(9, '0')),
};

/** United Arab Emirates' ICP: 784, year of birth, Luhn. */
const emirates: Scheme = {
  type: 'ae-id',
  layouts: { '999-9999-9999999-9': 0.95, '999999999999999': 0.55 },
  words: ['emirates id', 'eid', 'هوية'],
  valid: (n) => /^784(?:19|20)/.test(n) && luhn(n),
};

/** Saudi Arabia's Absher: 1 for citizens, 2 for residents, Luhn. */
const saudi: Scheme = {
  type: 'sa-id',
  layouts: { '9999999999': 0.15 },
  words: ['iqama', 'national id', 'هوية', 'إقامة'],
  valid: (n) => /^[12]/.test(n) && luhn(n),
};

export const africaMiddleEast = [southAfrica, israel, emirates, saudi] as const;
