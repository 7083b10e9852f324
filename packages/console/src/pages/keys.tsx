import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Key } from 'crank-sdk';
import { type FormEvent, useState } from 'react';
import { Time } from '../format/time.tsx';
import { Code } from '../parts/code.tsx';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';

const ROLES: Readonly<Record<Key['role'], string>> = {
  caller: 'calls services, sees its own calls',
  developer: 'deploys and sees all calls',
  auditor: 'sees everything, changes nothing',
  owner: 'may do everything in the account',
  operator: 'looks after the node and its log',
};

/** Keys of the account, and whom they are for. */
export const Keys = () => {
  const { client, may, me } = useSession();
  const queries = useQueryClient();
  const keys = useQuery({ queryKey: ['keys'], queryFn: () => client.keys.list() });
  const changed = () => queries.invalidateQueries({ queryKey: ['keys'] });
  const create = useMutation({
    mutationFn: (body: Parameters<typeof client.keys.create>[0]) => client.keys.create(body),
    onSuccess: changed,
  });
  const revoke = useMutation({ mutationFn: (id: string) => client.keys.revoke(id), onSuccess: changed });
  const [asked, setAsked] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate(
      { name: String(form.get('name')), role: form.get('role') as Key['role'], kind: form.get('kind') as Key['kind'] },
      { onSuccess: () => event.currentTarget?.reset() },
    );
  };
  return (
    <>
      <Head title="Keys" about="Each person, agent and program gets a key of its own, with no more than it needs." />
      {may('key.create') && (
        <form className="card row filters" onSubmit={submit}>
          <label>
            <span className="soft small">Name</span>
            <input name="name" className="input" required maxLength={100} autoComplete="off" />
          </label>
          <label>
            <span className="soft small">Role</span>
            <select name="role" className="input" defaultValue="caller">
              {Object.entries(ROLES).map(([role, about]) => (
                <option key={role} value={role}>
                  {role}: {about}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span className="soft small">For</span>
            <select name="kind" className="input">
              <option value="user">a person</option>
              <option value="agent">an agent</option>
              <option value="service">a program</option>
            </select>
          </label>
          <button type="submit" className="button main" disabled={create.isPending}>
            Make a key
          </button>
        </form>
      )}
      {create.error !== null && <Problem error={create.error} />}
      {create.data !== undefined && (
        <section className="note good" role="status">
          <h2>The key of {create.data.name}</h2>
          <p>Copy it now: it is shown this once, and the node keeps only its hash.</p>
          <Code text={create.data.key} label="New key" />
        </section>
      )}
      {revoke.error !== null && <Problem error={revoke.error} />}
      <Loaded query={keys} what="Loading keys …">
        {(all) => (
          <div className="card flush scroll">
            <table className="table">
              <Columns of={[['Name'], ['Role'], ['Id', 'wide'], ['Made', 'right wide'], ['What to do', 'unseen']]} />
              <tbody>
                {all.map(({ id, name, role, kind, created, revoked }) => (
                  <tr key={id}>
                    <td>
                      <strong>{name}</strong>
                      {id === me.id && <span className="soft small"> this one</span>}
                      {kind !== 'user' && <div className="soft small">{kind}</div>}
                    </td>
                    <td>
                      <span className="tag">{role}</span>
                    </td>
                    <td className="wide soft">
                      <code>{id}</code>
                    </td>
                    <td className="right soft wide">
                      <Time at={created} />
                    </td>
                    <td className="right">
                      {revoked !== null ? (
                        <span className="tag warn">revoked</span>
                      ) : (
                        may('key.revoke') &&
                        (asked === id ? (
                          <button
                            type="button"
                            className="button small danger"
                            disabled={revoke.isPending}
                            onClick={() => revoke.mutate(id)}
                          >
                            Refuse it from now on
                          </button>
                        ) : (
                          <button
                            type="button"
                            className="button small"
                            aria-label={`Revoke ${name}`}
                            onClick={() => setAsked(id)}
                          >
                            Revoke
                          </button>
                        ))
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </>
  );
};
