import { type ReactNode, useEffect } from 'react';

/** Head of a page. */
export const Head = ({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }) => {
  useEffect(() => {
    document.title = `${title} · Crank`;
  }, [title]);
  return (
    <header>
      <div className="stack tight">
        <h1>{title}</h1>
        {about !== undefined && <p>{about}</p>}
      </div>
      {children !== undefined && <div className="row">{children}</div>}
    </header>
  );
};

/** Nothing is there yet: what would be, and how it gets there. */
export const Empty = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="empty">
    <h2>{title}</h2>
    {children}
  </div>
);
