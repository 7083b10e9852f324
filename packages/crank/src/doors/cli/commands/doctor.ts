import type { Command } from '../command.ts';
import { Exit } from '../run.ts';

export interface DoctorCheck {
  name: string;
  ok: boolean;
  detail: string;
  /** What to type or change; advice, where ok. */
  fix: string;
  /** Stable name of the condition behind it, where that is a known one. */
  trap?: string;
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
          ({ name, ok, detail, fix }) =>
            `${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}${fix === '' ? '' : `\n     ${ok ? 'better' : 'fix'}: ${fix.replaceAll('\n', '\n     ')}`}`,
        ),
        bad === 0 ? 'Everything works here.' : `${bad} of ${checks.length} checks failed.`,
      ].join('\n'),
    );
    if (bad > 0) throw new Exit(4);
  },
});
