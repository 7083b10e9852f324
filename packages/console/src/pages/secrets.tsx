import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { Link } from 'wouter';
import { Time } from '../format/time.tsx';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';

/** Secrets of the account: they are set here, and never shown again. */
export const Secrets = () => {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const secrets = useQuery({ queryKey: ['secrets'], queryFn: () => client.secrets.list() });
  const changed = () => queries.invalidateQueries({ queryKey: ['secrets'] });
  const set = useMutation({
    mutationFn: ({ name, value }: { name: string; value: string }) => client.secrets.set(name, value),
    onSuccess: changed,
  });
  const remove = useMutation({ mutationFn: (name: string) => client.secrets.remove(name), onSuccess: changed });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    set.mutate(
      { name: String(data.get('name')).trim(), value: String(data.get('value')) },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <>
      <Head
        title="Secrets"
        about="Values that services ask for by name. They are encrypted at rest, given to a call’s sandbox only, and masked in all that comes out of it."
      />
      {may('secret.set') && (
        <form className="card row filters" onSubmit={submit}>
          <label>
            <span className="soft small">Name</span>
            <input
              name="name"
              className="input mono"
              placeholder="API_TOKEN"
              required
              autoComplete="off"
              spellCheck={false}
            />
          </label>
          <label>
            <span className="soft small">Value, of 8 bytes at least</span>
            <input
              name="value"
              type="password"
              className="input mono"
              required
              minLength={8}
              autoComplete="new-password"
            />
          </label>
          <button type="submit" className="button main" disabled={set.isPending}>
            Set it
          </button>
        </form>
      )}
      {set.error !== null && <Problem error={set.error} />}
      {remove.error !== null && <Problem error={remove.error} />}
      <Loaded query={secrets} what="Loading secrets …">
        {(all) => (
          <div className="card flush scroll">
            {all.length === 0 ? (
              <Empty title="No secrets">
                <p>
                  A service names what it needs in its manifest, and gets it as an environment variable: nothing secret
                  has to stand in a script.
                </p>
              </Empty>
            ) : (
              <table className="table">
                <Columns of={[['Name'], ['Used by'], ['Last set', 'right wide'], ['What to do', 'unseen']]} />
                <tbody>
                  {all.map(({ name, version, usedBy, rotated }) => (
                    <tr key={name}>
                      <td>
                        <code>{name}</code> <span className="soft small">value {version}</span>
                      </td>
                      <td>
                        {usedBy.length === 0
                          ? 'nobody'
                          : usedBy.map((one) => (
                              <div key={one}>
                                <Link href={`/services/${one}`}>{one}</Link>
                              </div>
                            ))}
                      </td>
                      <td className="right soft wide">
                        <Time at={rotated} />
                      </td>
                      <td className="right">
                        {may('secret.remove') && (
                          <button
                            type="button"
                            className="button small danger"
                            aria-label={`Remove ${name}`}
                            onClick={() => remove.mutate(name)}
                          >
                            Remove
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
      </Loaded>
    </>
  );
};
