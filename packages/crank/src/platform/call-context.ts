import type { Operation, Principal } from '#src/core/service.ts';
import type { CallState } from './call-state.ts';

/** Text of what is the same in many calls, by what it is about. */
const callers = new WeakMap<Principal, string>();
const operations = new WeakMap<Operation, string>();
const commands = new WeakMap<object, string>();

const callerText = (principal: Principal): string => {
  const known = callers.get(principal);
  if (known !== undefined) return known;
  const { id, name, kind, role, account, onBehalfOf } = principal;
  const text = `"account":${JSON.stringify(account)},"principal":${JSON.stringify({ id, name, kind, role, onBehalfOf })}`;
  callers.set(principal, text);
  return text;
};

const operationText = ({ target, operation }: CallState): string => {
  const known = operations.get(operation);
  if (known !== undefined) return known;
  const text = `"service":${JSON.stringify(target.service)},"version":${JSON.stringify(target.digest)},"operation":${JSON.stringify(operation.name)}`;
  operations.set(operation, text);
  return text;
};

/** How the sandbox makes a command line, or what a function takes, of the arguments, where it has to be told. */
const commandText = ({ command, plan }: Operation): string => {
  const told = command ?? plan;
  if (told === undefined) return '';
  let text = commands.get(told);
  if (text === undefined) {
    text = `,"${command === undefined ? 'plan' : 'command'}":${JSON.stringify(told)}`;
    commands.set(told, text);
  }
  return text;
};

/** What the parameters `policies` and `context` of a classic service are filled with, and how a command line is made: JSON text. Every call has it, most never look. */
export const callContext = (state: CallState): Uint8Array => {
  const policies = JSON.stringify({
    decisions: state.decisions.map(({ id, point, allow, bundles }) => ({ id, point, allow, bundles })),
    obligations: state.decisions.flatMap((decision) => decision.obligations),
    limits: state.limits,
  });
  const received = new Date(state.received).toISOString();
  return Buffer.from(
    `{"policies":${policies},"context":{"call":"${state.id}",${callerText(state.principal)},${operationText(state)},"received":"${received}"}${commandText(state.operation)}}`,
  );
};
