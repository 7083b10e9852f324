import type { Command } from '../command.ts';
import { Exit } from '../run.ts';

export interface DoctorCheck {
  name: string;
  ok: boolean;
  detail: string;
  fix: string;
}

/** @param check made by `app/`, which knows the engines: runs on this machine, with or without a node */
export const doctor = (check: (progress: (text: string) => void) => Promise<DoctorCheck[]>): Command => ({
  name: 'doctor',
  summary: 'what works on this machine, what not, and how to fix it',
  run: async (context) => {
    const checks = await check(context.progress);
    const bad = checks.filter((item) => !item.ok).length;
    context.print(checks, () =>
      [
        ...checks.map(
          (item) =>
            `${item.ok ? 'ok  ' : 'FAIL'} ${item.name}: ${item.detail}${item.ok || item.fix === '' ? '' : `\n     fix: ${item.fix}`}`,
        ),
        bad === 0 ? 'Everything works here.' : `${bad} of ${checks.length} checks failed.`,
      ].join('\n'),
    );
    if (bad > 0) throw new Exit(4);
  },
});
