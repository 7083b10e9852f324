import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type CallDetails, errorCodes } from 'crank-sdk';
import { parseEnvelope, parseStatement } from 'crank-verify';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { bytes, dollars, duration, grams, joules } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { Code } from '../parts/code.tsx';
import { Loaded, Waiting } from '../parts/loaded.tsx';
import { Digest, Outcome } from '../parts/outcome.tsx';
import { Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { Pair } from '../run/call-facts.tsx';
import { Plain } from '../run/result-view.tsx';
import { useSession } from '../session/session.tsx';
import { Judged } from './judged.tsx';

/** One call, from its request to its receipt. */
export const CallPage = ({ id }: { id: string }) => {
  const { client } = useSession();
  const call = useQuery({ queryKey: ['call', id], queryFn: () => client.calls.get(id) });
  return (
    <Loaded query={call} what={`Loading ${id} …`}>
      {(data) => <Story call={data} />}
    </Loaded>
  );
};

const Story = ({ call }: { call: CallDetails }) => {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const { id, service, operation, outcome, usage, energy, carbon, charge } = call;
  const file = useQuery({ queryKey: ['receipt', id], queryFn: () => client.receipts.file(id) });
  const replay = useMutation({
    mutationFn: () => client.receipts.replay(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['calls'] }),
  });
  return (
    <>
      <Head title={`${service}.${operation}`} about={<code>{id}</code>}>
        <Outcome of={outcome} />
        <Link href={`/services/${service}/${operation}?version=${call.version.slice(7, 27)}`} className="button">
          Open its form
        </Link>
        {may('service.call') && (
          <button type="button" className="button" onClick={() => replay.mutate()} disabled={replay.isPending}>
            {replay.isPending ? 'Running again …' : 'Run again'}
          </button>
        )}
      </Head>
      {replay.error !== null && <Problem error={replay.error} />}
      {replay.data !== undefined && (
        <p className={`note ${replay.data.sameOutput ? 'good' : 'warn'}`} role="status">
          <span>
            It ran again as <Link href={`/calls/${replay.data.call}`}>{replay.data.call}</Link>, and gave{' '}
            {replay.data.sameOutput ? 'the same bytes' : `another answer (${replay.data.outcome.now})`}.
          </span>
        </p>
      )}
      {call.problem !== null && <Failure call={call} />}
      <dl className="pairs card">
        <Pair name="CPU" value={duration(usage.cpuNs / 1e6)} />
        <Pair name="Wall" value={duration(usage.wallNs / 1e6)} />
        <Pair name="Memory at most" value={bytes(usage.peakMemoryBytes)} />
        <Pair name="Energy" value={joules(energy.joules)} />
        <Pair name="CO₂e" value={grams(carbon.grams)} />
        <Pair name="Charge" value={dollars(charge.total)} />
      </dl>
      <div className="two">
        <section className="stack">
          <h2>What happened</h2>
          <ol className="story">
            <Steps call={call} file={file.data} />
          </ol>
        </section>
        <section className="stack">
          <h2>Receipt</h2>
          <ReceiptOf id={id} file={file.data} error={file.error} />
          {call.stdout !== '' && (
            <div className="stack tight">
              <h3>Printed</h3>
              <Plain text={call.stdout} />
            </div>
          )}
          {call.stderr !== '' && (
            <div className="stack tight">
              <h3>Printed as errors</h3>
              <Plain text={call.stderr} />
            </div>
          )}
          <div className="stack tight">
            <h3>What it cost</h3>
            <table className="table card flush">
              <tbody>
                {charge.lines.map(({ kind, amount }) => (
                  <tr key={kind}>
                    <th scope="row">{kind}</th>
                    <td className="right num">{dollars(amount)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      </div>
    </>
  );
};

/** Whose fault it was, by the exit code that the catalogue gives to an error. */
const FAULTS: Readonly<Record<number, string>> = {
  1: 'The service’s code failed.',
  2: 'The request did not fit.',
  3: 'It was refused.',
  4: 'The node had no room.',
};

const Failure = ({ call: { problem, outcome } }: { call: CallDetails }) => {
  const exit: number = Object.hasOwn(errorCodes, outcome) ? errorCodes[outcome as keyof typeof errorCodes].exit : 70;
  return (
    <section className="note bad">
      <h2>{FAULTS[exit] ?? 'The node failed.'}</h2>
      <p>{problem?.detail}</p>
      {problem?.errors?.map(({ pointer, message }) => (
        <p key={pointer + message}>
          <code>{pointer || '/'}</code> {message}
        </p>
      ))}
      {problem?.exception?.traceback !== undefined && <Code text={problem.exception.traceback} label="Traceback" />}
    </section>
  );
};

interface Step {
  name: string;
  about: ReactNode;
  bad?: boolean;
}

/** Steps of the life of a call, from what is recorded of it and from what its receipt states. */
const Steps = ({ call, file }: { call: CallDetails; file: Uint8Array | undefined }) => {
  const stated = file === undefined ? undefined : statementIn(file);
  const decisions = (stated?.['decisions'] ?? []) as {
    point: string;
    allow?: boolean;
    obligations?: string[];
    reasons?: string[];
  }[];
  const steps: Step[] = [
    {
      name: 'It was asked for',
      about: (
        <>
          by <code>{call.principal}</code> at <Time at={call.received} />, of version <Digest of={call.version} />
          {call.tags !== null && <>, tagged {call.tags}</>}
          {call.parent !== null && (
            <>
              , within <Link href={`/calls/${call.parent}`}>another call</Link>
            </>
          )}
        </>
      ),
    },
    ...decisions.map(
      ({ point, allow, obligations = [], reasons = [] }): Step => ({
        name: `Policy ${allow === false ? 'refused' : 'agreed'}: ${point}`,
        bad: allow === false,
        about: [...reasons, ...obligations].join('; ') || 'without conditions',
      }),
    ),
    ...(call.usage.wallNs > 0
      ? [
          {
            name: 'It ran in a sandbox',
            about: `${typeof stated?.['isolation'] === 'string' ? `isolation ${stated['isolation']}, ` : ''}for ${duration(call.usage.wallNs / 1e6)}; CPU time by ${call.usage.cpuSource}`,
          },
        ]
      : []),
    ...call.egress.map(
      (one): Step => ({
        name: `It reached ${one.destination}`,
        about: `${one.connections} connections, ${bytes(one.sentBytes)} sent, ${bytes(one.receivedBytes)} received`,
      }),
    ),
    ...call.calls.map(
      (one): Step => ({
        name: 'It called another service',
        about: (
          <>
            <Link href={`/calls/${one.call}`}>{one.call}</Link> <Outcome of={one.outcome} />
          </>
        ),
      }),
    ),
    {
      name: call.outcome === 'ok' ? 'It ended well' : `It ended as ${call.outcome}`,
      bad: call.outcome !== 'ok',
      about: (
        <>
          at <Time at={call.finished} />
        </>
      ),
    },
    {
      name: 'It was measured and priced',
      about: `${joules(call.energy.joules)} (${call.energy.grade}, ${call.energy.uncertainty}), ${grams(call.carbon.grams)} of CO₂e at ${call.carbon.gridGramsPerKwh} g/kWh (${call.carbon.source}), ${dollars(call.charge.total)}`,
    },
    { name: 'Its receipt was signed, and is in the log', about: 'Nothing is answered before that.' },
  ];
  return steps.map(({ name, about, bad }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are in their order
    <li key={index} className={bad ? 'bad' : ''}>
      <h3>{name}</h3>
      <div className="soft small">{about}</div>
    </li>
  ));
};

/** What the envelope of a receipt states, before it is verified: shown as the story, and judged beside it. */
const statementIn = (file: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const { envelope } = JSON.parse(new TextDecoder().decode(file)) as { envelope: never };
    return parseStatement(new TextDecoder().decode(parseEnvelope(envelope).payload)).predicate;
  } catch {
    return undefined;
  }
};

const ReceiptOf = ({ id, file, error }: { id: string; file: Uint8Array<ArrayBuffer> | undefined; error: unknown }) => {
  const { trust } = useSession();
  if (error) return <Problem error={error} />;
  if (file === undefined) return <Waiting what="Fetching the receipt …" />;
  return (
    <>
      <Judged name={id} bytes={file} vkey={trust.vkey} />
      <div>
        <button type="button" className="button" onClick={() => save(file, `${id}.receipt.json`)}>
          Save the receipt file
        </button>
      </div>
    </>
  );
};

const save = (file: Uint8Array<ArrayBuffer>, name: string): void => {
  const url = URL.createObjectURL(new Blob([file], { type: 'application/json' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
};
