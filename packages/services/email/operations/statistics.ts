import { reportHtml } from '../analysis/report.ts';
import { type Statistics, statistics } from '../analysis/statistics.ts';
import { openIndex } from '../workspace.ts';

/**
 * What an index says as a whole: volumes, senders, domains, threads, times of answers, attachments, bursts, silences.
 * @param top how long lists are at most, up to 200
 */
export const stats = (index = 'mail', top = 20): Statistics =>
  statistics(openIndex(index).db, Math.min(200, Math.max(1, Math.floor(top))));

/** The statistics as one HTML page with charts, which needs nothing else and runs no script. */
export const report = (index = 'mail', title = 'Mail archive'): File =>
  new File([reportHtml(title, statistics(openIndex(index).db, 15))], 'report.html', {
    type: 'text/html; charset=utf-8',
  });
