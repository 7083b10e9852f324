import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Job } from 'crank-sdk';
import { Link, useSearchParams } from 'wouter';
import { Time } from '../format/time.tsx';
import { Columns } from '../parts/columns.tsx';
import { Waiting } from '../parts/loaded.tsx';
import { Outcome } from '../parts/outcome.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { ServicePick } from '../parts/service-pick.tsx';
import { Progress } from '../run/progress.tsx';
import { useSession } from '../session/session.tsx';

const STATES = ['waiting', 'queued', 'running', 'ended'];

/** Calls that outlive their request. What is under way is looked at every two seconds. */
export const Jobs = () => {
  const { client } = useSession();
  const [params, setParams] = useSearchParams();
  const state = params.get('state') ?? '';
  const service = params.get('service') ?? '';
  const jobs = useInfiniteQuery({
    queryKey: ['jobs', state, service],
    queryFn: ({ pageParam }) =>
      client.jobs.list({ cursor: pageParam, ...(state !== '' && { state }), ...(service !== '' && { service }) }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.jobs.some((job) => job.state !== 'ended')) ? 2_000 : false,
  });
  const set = (name: string, value: string): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      if (value === '') next.delete(name);
      else next.set(name, value);
      return next;
    });
  const all = jobs.data?.pages.flatMap((page) => page.jobs);
  return (
    <>
      <Head title="Jobs" about="Calls that outlive their request, and a restart of the node." />
      <div className="row filters">
        <label>
          <span className="soft small">State</span>
          <select className="input" value={state} onChange={({ target }) => set('state', target.value)}>
            <option value="">all</option>
            {STATES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <ServicePick value={service} onChange={(value) => set('service', value)} />
      </div>
      {jobs.error !== null && <Problem error={jobs.error} />}
      {all === undefined && jobs.error === null && <Waiting what="Loading jobs …" />}
      {all?.length === 0 && (
        <div className="card">
          <Empty title="No jobs here">
            <p>
              Tick “As a job” beside any operation’s form, or send <code>Prefer: respond-async</code>. Calls that a
              policy wants approved wait here, too.
            </p>
          </Empty>
        </div>
      )}
      {all !== undefined && all.length > 0 && (
        <div className="card flush scroll">
          <table className="table">
            <Columns of={[['Job'], ['State'], ['How far', 'wide'], ['Taken', 'right'], ['What to do', 'unseen']]} />
            <tbody>
              {all.map((job) => (
                <Row key={job.id} job={job} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {jobs.hasNextPage && (
        <div>
          <button type="button" className="button" onClick={() => jobs.fetchNextPage()}>
            Older jobs
          </button>
        </div>
      )}
    </>
  );
};

const Row = ({ job }: { job: Job }) => {
  const { client, me, may } = useSession();
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (what: 'cancel' | 'approve' | 'reject') => client.jobs.of(job.id)[what](),
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  });
  const { id, service, operation, state, outcome, progress, received, approval, cancelling } = job;
  // Whoever asked cannot approve.
  const decides = state === 'waiting' && may('call.approve') && job.principal !== me.id;
  return (
    <tr>
      <td>
        {state === 'ended' ? (
          <Link href={`/calls/${id}`}>
            {service}.{operation}
          </Link>
        ) : (
          `${service}.${operation}`
        )}
        {approval !== null && <div className="soft small">{approval.reasons.join('; ')}</div>}
        {act.error !== null && <Problem error={act.error} />}
      </td>
      <td>
        {outcome === null ? (
          <span className="tag accent">{cancelling ? 'cancelling' : state}</span>
        ) : (
          <Outcome of={outcome} />
        )}
      </td>
      <td className="wide">{progress !== null && <Progress of={progress} />}</td>
      <td className="right soft">
        <Time at={received} />
      </td>
      <td className="right">
        <div className="row">
          {decides && (
            <>
              <button type="button" className="button small main" onClick={() => act.mutate('approve')}>
                Approve
              </button>
              <button type="button" className="button small danger" onClick={() => act.mutate('reject')}>
                Reject
              </button>
            </>
          )}
          {state !== 'ended' && !cancelling && may('call.cancel') && (
            <button
              type="button"
              className="button small danger"
              disabled={act.isPending}
              onClick={() => act.mutate('cancel')}
            >
              Cancel
            </button>
          )}
        </div>
      </td>
    </tr>
  );
};
