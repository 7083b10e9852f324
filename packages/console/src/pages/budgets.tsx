import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Budget } from 'crank-sdk';
import type { FormEvent } from 'react';
import { count, dollars } from '../format/numbers.ts';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';

/** What may be spent, and what is. */
export const Budgets = () => {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const budgets = useQuery({ queryKey: ['budgets'], queryFn: () => client.budgets.list() });
  const changed = () => queries.invalidateQueries({ queryKey: ['budgets'] });
  const create = useMutation({
    mutationFn: (body: Parameters<typeof client.budgets.create>[0]) => client.budgets.create(body),
    onSuccess: changed,
  });
  const remove = useMutation({ mutationFn: (id: string) => client.budgets.remove(id), onSuccess: changed });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name)).trim();
    const calls = text('calls');
    create.mutate({
      scope: text('scope') as Budget['scope'],
      ...(text('of') !== '' && { of: text('of') }),
      period: text('period') as Budget['period'],
      ...(text('usd') !== '' && { usd: text('usd') }),
      ...(calls !== '' && { calls: Number(calls) }),
      hard: text('hard') === 'true',
    });
  };
  return (
    <>
      <Head
        title="Budgets"
        about="Bounds on what an account, a key, a service or a tag may spend in a time. A call that might go beyond is refused before it runs."
      />
      {may('budget.create') && (
        <form className="card row filters" onSubmit={submit}>
          <label>
            <span className="soft small">Of</span>
            <select name="scope" className="input">
              <option value="account">the account</option>
              <option value="service">a service</option>
              <option value="key">a key</option>
              <option value="tag">a tag</option>
            </select>
          </label>
          <label>
            <span className="soft small">Which one</span>
            <input name="of" className="input" placeholder="name, id or tag" autoComplete="off" />
          </label>
          <label>
            <span className="soft small">In each</span>
            <select name="period" className="input" defaultValue="day">
              {['hour', 'day', 'month', 'total'].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <label>
            <span className="soft small">Dollars</span>
            <input name="usd" className="input num" inputMode="decimal" />
          </label>
          <label>
            <span className="soft small">Calls</span>
            <input name="calls" className="input num" inputMode="numeric" pattern="\d*" />
          </label>
          <label>
            <span className="soft small">Beyond it</span>
            <select name="hard" className="input">
              <option value="true">calls are refused</option>
              <option value="false">it only tells</option>
            </select>
          </label>
          <button type="submit" className="button main" disabled={create.isPending}>
            Set a budget
          </button>
        </form>
      )}
      {create.error !== null && <Problem error={create.error} />}
      {remove.error !== null && <Problem error={remove.error} />}
      <Loaded query={budgets} what="Loading budgets …">
        {(all) => (
          <div className="card flush scroll">
            {all.length === 0 ? (
              <Empty title="Nothing is bounded">
                <p>Set a budget of the account first: it bounds what a leaked key or a loop can cost.</p>
              </Empty>
            ) : (
              <table className="table">
                <Columns of={[['Budget'], ['Spent'], ['Period', 'wide'], ['What to do', 'unseen']]} />
                <tbody>
                  {all.map((budget) => (
                    <Row
                      key={budget.id}
                      budget={budget}
                      onRemove={may('budget.remove') ? () => remove.mutate(budget.id) : undefined}
                    />
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

const Row = ({ budget, onRemove }: { budget: Budget; onRemove: (() => void) | undefined }) => {
  const { scope, of, period, usd, calls, spent, hard } = budget;
  const name = scope === 'account' ? 'The account' : `${scope} ${of}`;
  const bounds = [
    ...(usd === null
      ? []
      : [{ share: Number(spent.usd) / Number(usd), text: `${dollars(spent.usd)} of ${dollars(usd)}` }]),
    ...(calls === null ? [] : [{ share: spent.calls / calls, text: `${count(spent.calls)} of ${count(calls)} calls` }]),
  ];
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        <div className="soft small">{hard ? 'refuses beyond' : 'only tells'}</div>
      </td>
      <td>
        <div className="stack tight">
          {bounds.map(({ share, text }) => (
            <div key={text} className="stack tight">
              <span className="num small">
                {text} {share >= 1 && <span className="tag bad">reached</span>}
              </span>
              <progress max={1} value={Math.min(1, share)} aria-label={`${name}: ${text}`} />
            </div>
          ))}
        </div>
      </td>
      <td className="wide soft">{period}</td>
      <td className="right">
        {onRemove !== undefined && (
          <button
            type="button"
            className="button small danger"
            onClick={onRemove}
            aria-label={`Remove the budget of ${name}`}
          >
            Remove
          </button>
        )}
      </td>
    </tr>
  );
};
