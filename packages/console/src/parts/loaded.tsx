import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from './problem.tsx';

/** Something turns, and a moment later says what it waits for. */
export const Waiting = ({ what }: { what: string }) => (
  <p className="waiting" role="status">
    <span>{what}</span>
  </p>
);

/** What was asked for, once it is there, or why it is not. */
export const Loaded = <T,>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>;
  what: string;
  children: (data: T) => ReactNode;
}) => {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null)
    return (
      <div className="stack">
        <Problem error={query.error} />
        <div>
          <button type="button" className="button" onClick={() => query.refetch()}>
            Try again
          </button>
        </div>
      </div>
    );
  return <Waiting what={what} />;
};
