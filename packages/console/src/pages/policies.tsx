import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { count } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Digest } from '../parts/outcome.tsx';
import { Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';

const EXAMPLE = `package crank.authz

import rego.v1

# Nobody calls it at night.
deny contains "come back at eight" if {
	input.action == "service.call"
	input.resource.service == "payroll"
	time.clock(time.now_ns())[0] < 8
}
`;

/** Bundles in force, and a new one: tried on calls that were made before it is applied. */
export const Policies = () => {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const policies = useQuery({ queryKey: ['policies'], queryFn: () => client.policies.list() });
  const [text, setText] = useState(EXAMPLE);
  const [layer, setLayer] = useState('account');
  const changed = () => queries.invalidateQueries({ queryKey: ['policies'] });
  const body = { layer, files: [{ path: 'policy.rego', text }] };
  const simulate = useMutation({ mutationFn: () => client.policies.simulate({ ...body, last: 500 }) });
  const apply = useMutation({ mutationFn: () => client.policies.apply(body), onSuccess: changed });
  const remove = useMutation({
    mutationFn: ({ name, layer: from }: { name: string; layer: string }) => client.policies.remove(name, from),
    onSuccess: changed,
  });
  const edit = (next: string): void => {
    setText(next);
    simulate.reset();
    apply.reset();
  };
  const tried = simulate.data;
  return (
    <>
      <Head
        title="Policies"
        about="Rego decides on every call. Bundles of the account narrow what the platform’s own grants; one denial denies."
      />
      <Loaded query={policies} what="Loading policies …">
        {(all) => (
          <div className="card flush scroll">
            <table className="table">
              <Columns of={[['Bundle'], ['Layer'], ['Digest', 'wide'], ['What to do', 'unseen']]} />
              <tbody>
                {all.map(({ name, layer: at, digest }) => (
                  <tr key={`${at} ${name}`}>
                    <td>
                      <strong>{name}</strong>
                    </td>
                    <td>
                      <span className="tag">{at}</span>
                    </td>
                    <td className="wide soft">
                      <Digest of={digest} />
                    </td>
                    <td className="right">
                      {at !== 'platform' && may('policy.remove') && (
                        <button
                          type="button"
                          className="button small danger"
                          aria-label={`Remove ${name}`}
                          disabled={remove.isPending}
                          onClick={() => remove.mutate({ name, layer: at })}
                        >
                          Remove
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {remove.error !== null && <Problem error={remove.error} />}
      {may('policy.test') && (
        <section className="card stack" aria-label="A new bundle">
          <div className="row spread">
            <h2>
              <label htmlFor="rego">A new bundle</label>
            </h2>
            <label className="row small">
              Layer
              <input
                className="input"
                value={layer}
                onChange={({ target }) => setLayer(target.value)}
                size={18}
                spellCheck={false}
              />
            </label>
          </div>
          <textarea
            id="rego"
            className="input mono"
            rows={10}
            spellCheck={false}
            value={text}
            onChange={({ target }) => edit(target.value)}
          />
          <div className="row">
            <button type="button" className="button" onClick={() => simulate.mutate()} disabled={simulate.isPending}>
              {simulate.isPending ? 'Trying it …' : 'Try it on past calls'}
            </button>
            {may('policy.apply') && (
              <button type="button" className="button main" onClick={() => apply.mutate()} disabled={apply.isPending}>
                {apply.isPending ? 'Applying …' : 'Apply'}
              </button>
            )}
          </div>
          {simulate.error !== null && <Problem error={simulate.error} />}
          {apply.error !== null && <Problem error={apply.error} />}
          {apply.data !== undefined && (
            <p className="note good" role="status">
              In force as {apply.data.name} in the layer {apply.data.layer}.
            </p>
          )}
          {tried !== undefined && (
            <div className="stack" role="status">
              <p>
                Of the newest {count(tried.calls)} calls, {count(tried.same)} would have ended as they did;{' '}
                <strong>{count(tried.denied)} would be denied</strong>, {count(tried.allowed)} allowed,{' '}
                {count(tried.otherwise)} otherwise.
                {tried.blind > 0 &&
                  ` The input of ${count(tried.blind)} was not kept: only what comes before it was decided.`}
              </p>
              {tried.changes.length > 0 && (
                <table className="table card flush">
                  <Columns of={[['Call'], ['What would be said'], ['Time', 'right']]} />
                  <tbody>
                    {tried.changes.slice(0, 50).map(({ call, service, operation, time, point, after }) => (
                      <tr key={call}>
                        <td>
                          <Link href={`/calls/${call}`}>
                            {service}.{operation}
                          </Link>
                        </td>
                        <td>
                          {point}: {after.allow ? 'allowed' : 'denied'}
                          <div className="soft small">{[...after.reasons, ...after.obligations].join('; ')}</div>
                        </td>
                        <td className="right soft">
                          <Time at={time} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
            </div>
          )}
        </section>
      )}
    </>
  );
};
