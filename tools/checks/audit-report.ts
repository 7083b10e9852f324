/** Severities that nothing goes in with. */
const GRAVE = ['high', 'critical'];

interface Report {
  /** Where the registry did not answer. */
  message?: string;
  vulnerabilities?: Record<
    string,
    { severity: string; range: string; via: (string | { title: string; url: string })[] }
  >;
  metadata?: { vulnerabilities: Record<string, number>; dependencies?: { total: number } };
}

/**
 * What an audit found (`npm audit --json`). Not having been able to ask is told, and is no fault: machines without a way to
 * the registry have to be able to check the rest.
 *
 * @param failure why npm did not run
 */
export const judgeAudit = (output: string, failure?: string): { faults: string[]; said: string } => {
  let report: Report = {};
  try {
    report = JSON.parse(output) as Report;
  } catch {
    return { faults: [], said: `not checked: ${failure ?? 'npm did not answer with a report'}` };
  }
  if (report.vulnerabilities === undefined || report.metadata === undefined) {
    // What npm says names the registry: that is nobody's business in a log.
    const why = report.message?.replace(/ - .*$/s, '') ?? 'it gave no report';
    return { faults: [], said: `not checked: the registry said ${why}` };
  }
  const faults = Object.entries(report.vulnerabilities)
    .filter(([, { severity }]) => GRAVE.includes(severity))
    .map(([name, { severity, range, via }]) => {
      const what = via.map((one) => (typeof one === 'string' ? `by ${one}` : `${one.title} (${one.url})`)).join('; ');
      return `package-lock.json:1: ${name} ${range} has a ${severity} fault: ${what}`;
    });
  const found = Object.entries(report.metadata.vulnerabilities)
    .filter(([severity, count]) => severity !== 'total' && count > 0)
    .map(([severity, count]) => `${count} ${severity}`);
  return { faults, said: found.length === 0 ? 'no known faults' : found.join(', ') };
};
