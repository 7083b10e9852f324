import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { readTree } from '../read-tree.ts';
import { Exit } from '../run.ts';
import { table } from '../table.ts';

interface Policy {
  name: string;
  layer: string;
  digest: string;
  regoVersion: string;
}

/** A bundle's sources and data. */
export const policyFiles = async (path: string) => {
  const files = await readTree(path);
  return files
    .filter((file) => /\.(rego|json|ya?ml)$/.test(file.path))
    .map((file) => ({ path: file.path, text: Buffer.from(file.bytes).toString() }));
};

export const applyPolicy: Command = {
  name: 'policy apply',
  summary: 'add or replace one bundle of Rego',
  args: [['<path>', '.rego file, or folder with .rego and data']],
  options: [{ flags: '--layer <layer>', help: '`account` (default) or `service:NAME`' }],
  run: async (context, [path], options) => {
    context.progress('compiling (the first time may have to get the opa program: some minutes) ...');
    const policy = await context.client.json<Policy & { receipt: string }>('/v1/policies', {
      method: 'POST',
      json: { layer: one(options, 'layer') ?? 'account', files: await policyFiles(path!) },
    });
    context.print(
      policy,
      `${policy.name} (Rego ${policy.regoVersion}) applied to ${policy.layer}; receipt ${policy.receipt}`,
    );
  },
};

export const listPolicies: Command = {
  name: 'policy list',
  summary: 'bundles in force',
  run: async (context) => {
    const { policies } = await context.client.json<{ policies: Policy[] }>('/v1/policies');
    context.print(policies, () =>
      table(
        ['NAME', 'LAYER', 'REGO', 'DIGEST'],
        policies.map((policy) => [policy.name, policy.layer, policy.regoVersion, policy.digest]),
      ),
    );
  },
};

export const removePolicy: Command = {
  name: 'policy remove',
  summary: 'take a bundle out of force',
  args: [['<name>', 'bundle']],
  options: [{ flags: '--layer <layer>', help: '`account` (default) or `service:NAME`' }],
  run: async (context, [name], options) => {
    const answer = await context.client.json<{ receipt: string }>(`/v1/policies/${encodeURIComponent(name!)}`, {
      method: 'DELETE',
      query: { layer: one(options, 'layer') },
    });
    context.print(answer, `${name} removed; receipt ${answer.receipt}`);
  },
};

/** `opa test` on the user's own machine; made by `app/`, which knows the policy engine's tools. */
export const testPolicy = (
  test: (path: string, progress: (text: string) => void) => Promise<{ passed: boolean; output: string }>,
): Command => ({
  name: 'policy test',
  summary: 'run the Rego tests of a folder with opa',
  args: [['<path>', 'folder with .rego and _test.rego']],
  run: async (context, [path]) => {
    const result = await test(path!, context.progress);
    context.print(result, result.output);
    if (!result.passed) throw new Exit(1);
  },
});
