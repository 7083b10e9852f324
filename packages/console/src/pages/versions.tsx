import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ServiceDetails } from 'crank-sdk';
import { Link } from 'wouter';
import { Time } from '../format/time.tsx';
import { Columns } from '../parts/columns.tsx';
import { Waiting } from '../parts/loaded.tsx';
import { Digest } from '../parts/outcome.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';

/** Versions of a service, the newest first; each can be made the latest again. */
export const Versions = ({ service }: { service: ServiceDetails }) => {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const { name } = service;
  const versions = useInfiniteQuery({
    queryKey: ['versions', name],
    queryFn: ({ pageParam }) => client.services.versions(name, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
  });
  const rollback = useMutation({
    mutationFn: (version: string) => client.services.rollback(name, version),
    onSuccess: () => queries.invalidateQueries(),
  });
  const all = versions.data?.pages.flatMap((page) => page.versions);
  if (versions.error !== null) return <Problem error={versions.error} />;
  if (all === undefined) return <Waiting what="Loading versions …" />;
  return (
    <div className="stack">
      {rollback.error !== null && <Problem error={rollback.error} />}
      {rollback.data !== undefined && (
        <p className="note good" role="status">
          <span>
            Calls that name no version get <Digest of={rollback.data.version} /> now.
          </span>
        </p>
      )}
      <div className="card flush scroll">
        <table className="table">
          <Columns
            of={[
              ['Version'],
              ['Names'],
              ['Deployed', 'wide'],
              ['By', 'wide'],
              ['Share of calls', 'right'],
              ['What to do', 'unseen'],
            ]}
          />
          <tbody>
            {all.map(({ version, aliases, created, createdBy, share, quarantine }) => (
              <tr key={version}>
                <td>
                  <Link href={`/services/${name}?version=${version.slice(7, 27)}`}>
                    <Digest of={version} />
                  </Link>
                  {quarantine !== null && <span className="tag bad">{quarantine.reason}</span>}
                </td>
                <td>
                  <div className="row">
                    {aliases.map((alias) => (
                      <span key={alias} className={`tag ${alias === 'latest' ? 'accent' : ''}`}>
                        {alias}
                      </span>
                    ))}
                  </div>
                </td>
                <td className="wide">
                  <Time at={created} />
                </td>
                <td className="wide soft small">{createdBy}</td>
                <td className="right num">{Math.round(share * 100)}%</td>
                <td className="right">
                  {!aliases.includes('latest') && may('service.rollback') && (
                    <button
                      type="button"
                      className="button small"
                      disabled={rollback.isPending}
                      onClick={() => rollback.mutate(version)}
                    >
                      Make it the latest
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {versions.hasNextPage && (
        <div>
          <button type="button" className="button" onClick={() => versions.fetchNextPage()}>
            Older versions
          </button>
        </div>
      )}
    </div>
  );
};
