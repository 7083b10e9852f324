import { covers, type Destination, formatDestination, parseDestination } from '#src/core/destination.ts';
import { CrankError } from '#src/core/error.ts';
import type { Decision } from '#src/engines/policy/decision.ts';

/** Destinations among texts; what is none was refused where it came from. */
const destinationsOf = (texts: readonly string[]): Destination[] =>
  texts.map(parseDestination).flatMap((one) => ('wrong' in one ? [] : [one]));

/**
 * What a call may reach: all that its service asks for, once policy has granted it and the node's operator lets it.
 * Part of it is not enough, so that a service does not fail halfway.
 *
 * @param service `account/service`, for the message
 * @throws CrankError `policy-denied`, saying which grant is missing for what, and who can give it
 */
export const grantEgress = (
  service: string,
  wanted: readonly string[],
  decision: Decision,
  ceiling: readonly Destination[],
): readonly Destination[] => {
  const destinations = destinationsOf(wanted);
  const lacking = (patterns: readonly Destination[]): string[] =>
    destinations.filter((one) => !patterns.some((pattern) => covers(pattern, one))).map(formatDestination);
  const reasons = [
    ...lacking(destinationsOf(decision.egress ?? [])).map(
      (one) =>
        `no policy of the service's account grants ${one}: its owner applies one (\`crank policy apply\`) whose package crank.egress has \`allow contains "${one}"\``,
    ),
    ...lacking(ceiling).map(
      (one) => `the operator of this node does not let services reach ${one}: CRANK_EGRESS has to name it`,
    ),
  ];
  if (reasons.length === 0) return destinations;
  throw new CrankError(
    'policy-denied',
    `${service} asks for a network in its manifest (${wanted.join(', ')}), and was not granted it: ${reasons.join('; ')}.`,
    { reasons },
  );
};
