import { CrankError, InvalidRequest, NotVerified, Refused, ServiceFailed } from 'crank-sdk';
import { Link } from 'wouter';
import { Code } from './code.tsx';

/** What went wrong, whose fault it is, and what to do: the node says so, and this shows all of it. */
export const Problem = ({ error }: { error: unknown }) => {
  if (!(error instanceof CrankError))
    return (
      <section className="note bad" role="alert">
        <h3>{error instanceof Error && error.name === 'AbortError' ? 'Cancelled' : 'This page failed'}</h3>
        <p>{error instanceof Error ? error.message : String(error)}</p>
      </section>
    );
  const { exception } = error instanceof ServiceFailed ? error : { exception: undefined };
  const findings = error instanceof InvalidRequest ? error.findings : [];
  const errors = error instanceof InvalidRequest ? error.errors : [];
  const reasons = error instanceof Refused ? error.reasons : [];
  return (
    <section className={`note ${error instanceof Refused ? 'warn' : 'bad'}`} role="alert">
      <h3>
        {titleOf(error)} <span className="tag">{error.code}</span>
      </h3>
      <p>{error.message}</p>
      {exception !== undefined && (
        <>
          <p>
            <strong>{exception.type}</strong>: {exception.message}
          </p>
          {exception.traceback !== undefined && <Code text={exception.traceback} label="Traceback" />}
        </>
      )}
      <List of={reasons} />
      <List of={errors.map(({ pointer, message }) => `${pointer || 'the input'}: ${message}`)} />
      <Findings findings={findings} />
      {error.retryAfter !== undefined && <p>Try again in {error.retryAfter} s.</p>}
      {error.call !== undefined && (
        <p className="small">
          It has a receipt: <Link href={`/calls/${error.call}`}>{error.call}</Link>
        </p>
      )}
    </section>
  );
};

const titleOf = (error: CrankError): string => {
  if (error instanceof NotVerified) return `The receipt does not hold: ${error.part}`;
  if (error.problem !== undefined) return error.problem.title;
  return 'The node does not answer';
};

const List = ({ of }: { of: readonly string[] }) =>
  of.length > 0 && (
    <ul>
      {of.map((one) => (
        <li key={one}>· {one}</li>
      ))}
    </ul>
  );

export const Findings = ({ findings }: { findings: NonNullable<InvalidRequest['findings']> }) =>
  findings.length > 0 && (
    <ul className="stack tight">
      {findings.map(({ level, file, line, message, fix }) => (
        <li key={`${file} ${line} ${message}`}>
          <span className={`tag ${level === 'error' ? 'bad' : 'warn'}`}>{level}</span>{' '}
          <code>
            {file}
            {line !== undefined && `:${line}`}
          </code>{' '}
          {message} <span className="soft">{fix}</span>
        </li>
      ))}
    </ul>
  );
