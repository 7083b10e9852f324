import { CrankError } from '#src/core/error.ts';
import type { SandboxTemplate } from './sandbox.ts';

/** @throws CrankError `isolation-unavailable` where what runs sandboxes here, containers or not, has no such level */
export const demandLevel = ({ isolation, network }: SandboxTemplate, containers: boolean): void => {
  if (containers && network === true) {
    throw new CrankError(
      'isolation-unavailable',
      'Sandboxes that are containers have no way out to a network yet: run this service on a node with bubblewrap, or take `network` out of its manifest.',
    );
  }
  if ((isolation === 'container') === containers) return;
  throw new CrankError(
    'isolation-unavailable',
    containers
      ? `This node offers the level container only, not ${isolation}.`
      : 'This node does not offer the level container: start it with CRANK_ISOLATION=container, or deploy the service as fresh.',
  );
};
