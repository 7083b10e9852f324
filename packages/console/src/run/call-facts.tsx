import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { bytes, dollars, duration, grams, joules } from '../format/numbers.ts';
import { useSession } from '../session/session.tsx';
import { Plain } from './result-view.tsx';

/** What a call printed, took and cost, in one line and its output. */
export const CallFacts = ({ id }: { id: string }) => {
  const { client } = useSession();
  const call = useQuery({ queryKey: ['call', id], queryFn: () => client.calls.get(id) });
  if (call.data === undefined) return null;
  const { usage, energy, carbon, charge, stdout, stderr } = call.data;
  return (
    <div className="stack">
      <dl className="pairs">
        <Pair name="CPU" value={duration(usage.cpuNs / 1e6)} />
        <Pair name="Wall" value={duration(usage.wallNs / 1e6)} />
        <Pair name="Memory" value={bytes(usage.peakMemoryBytes)} />
        <Pair name="Energy" value={joules(energy.joules)} />
        <Pair name="CO₂e" value={grams(carbon.grams)} />
        <Pair name="Charge" value={dollars(charge.total)} />
      </dl>
      {stdout !== '' && (
        <div className="stack tight">
          <h3>Printed</h3>
          <Plain text={stdout} />
        </div>
      )}
      {stderr !== '' && (
        <div className="stack tight">
          <h3>Printed as errors</h3>
          <Plain text={stderr} />
        </div>
      )}
      <p className="small">
        <Link href={`/calls/${id}`}>The whole story of this call</Link>
      </p>
    </div>
  );
};

export const Pair = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd className="num">{value}</dd>
  </div>
);
