import type { Report } from '#src/engines/distill/loop/distil.ts';
import { type DistilConfig, WORKSPACE } from '#src/engines/distill/service/config.ts';

export type { DistilConfig, Report };
export { WORKSPACE };

/** Where a teacher is, as manifests and policies name it. */
export const teacherDestination = ({ url }: { url: string }): string => {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
};

/**
 * The manifest of a trainer: a service like any other, whose network and secret policy decides on.
 *
 * @param secret of the account: the teacher's key
 */
export const trainerManifest = ({ budget, teacher }: DistilConfig, secret: string | undefined): object => ({
  description: `Trains ${budget.name}: labels within a budget, students, figures.`,
  entry: 'service/main.ts',
  limits: { wall: '2h', cpu: '1h', memory: '1Gi', file: '256Mi', output: '16Mi' },
  ...(teacher && { network: [teacherDestination(teacher)] }),
  ...(secret !== undefined && { secrets: { TEACHER_KEY: secret } }),
  operations: {
    // What was answered is not asked again, so that a run that its node did not survive goes on where it was.
    run: { idempotent: true, retry: { attempts: 5, backoff: '1s' } },
    ...(teacher && { label: { workspaces: { [WORKSPACE]: 'write' } } }),
  },
});
