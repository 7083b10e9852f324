import { useQueryClient } from '@tanstack/react-query';
import { InvalidRequest, type ServiceDetails } from 'crank-sdk';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { FieldRow } from '../form/field.tsx';
import { resolved, type Schema } from '../form/schema.ts';
import { parseJson, Unfit, unfit } from '../form/values.ts';
import { count } from '../format/numbers.ts';
import { jsonText } from '../parts/json.tsx';
import { Waiting } from '../parts/loaded.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';
import { CallFacts } from './call-facts.tsx';
import { Progress } from './progress.tsx';
import { Proof } from './proof.tsx';
import { keepRerun } from './rerun.ts';
import { ResultView } from './result-view.tsx';
import { type RunState, run } from './run.ts';
import { Timing } from './timing.tsx';

/** An operation to be tried: a form made of its schema, and what came of it. */
export const RunPanel = ({
  service,
  version,
  operation,
  initial,
}: {
  service: string;
  version: string | undefined;
  operation: ServiceDetails['operations'][number];
  /** Arguments to begin with. */
  initial?: Record<string, unknown> | undefined;
}) => {
  const { client, trust, may } = useSession();
  const queries = useQueryClient();
  const root = resolved(operation.input, {});
  const files = new Set(operation.files);
  const example = operation.example.arguments;
  const [args, setArgs] = useState<Record<string, unknown>>(initial ?? example);
  const [raw, setRaw] = useState<string>();
  const [asJob, setAsJob] = useState(false);
  const [state, setState] = useState<RunState>();
  const [tried, setTried] = useState(false);
  const aborter = useRef<AbortController>(undefined);
  useEffect(() => () => aborter.current?.abort(), []);

  const members = Object.entries((root['properties'] ?? {}) as Record<string, Schema>);
  const required = (root['required'] ?? []) as string[];
  const whole = raw === undefined ? args : parseJson(raw);
  const missing = raw === undefined ? required.filter((name) => args[name] === undefined) : [];
  const faults = [
    ...(tried
      ? [...unfit(whole), ...missing.map((name) => ({ pointer: `/${name}`, message: 'This is missing.' }))]
      : []),
    ...(state?.error instanceof InvalidRequest ? state.error.errors : []),
  ];
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (unfit(whole).length > 0 || missing.length > 0) return;
    if (files.size === 0) keepRerun(service, operation.name, whole as Record<string, unknown>);
    aborter.current?.abort();
    const mine = new AbortController();
    aborter.current = mine;
    const wanted = { service, version, operation, args: whole as Record<string, unknown>, asJob };
    await run(client, trust, wanted, mine.signal, (next) => aborter.current === mine && setState(next));
    await queries.invalidateQueries({ queryKey: ['calls'] });
  };
  const stop = async (): Promise<void> => {
    if (state?.job === undefined) aborter.current?.abort();
    else await state.job.cancel();
  };
  const running = state?.phase === 'running';
  if (!may('service.call')) return <p className="soft">This key may look at services, and not call them.</p>;
  return (
    <div className="two">
      <form className="card stack" onSubmit={submit} noValidate>
        <div className="row spread">
          <h2>Arguments</h2>
          {files.size === 0 && (
            <button
              type="button"
              className="button small plain"
              onClick={() => {
                if (raw !== undefined && !(whole instanceof Unfit)) setArgs(whole as Record<string, unknown>);
                setRaw(raw === undefined ? jsonText(args) : undefined);
              }}
              disabled={whole instanceof Unfit}
            >
              {raw === undefined ? 'As JSON' : 'As a form'}
            </button>
          )}
        </div>
        {raw !== undefined ? (
          <div className="field">
            <label htmlFor="raw" className="unseen">
              Arguments as JSON
            </label>
            <textarea
              id="raw"
              className="input mono"
              rows={6}
              spellCheck={false}
              value={raw}
              onChange={({ target }) => setRaw(target.value)}
              aria-invalid={whole instanceof Unfit || undefined}
            />
            {whole instanceof Unfit && <strong className="field-fault small">{whole.why}</strong>}
          </div>
        ) : members.length === 0 ? (
          <p className="soft">It takes no arguments.</p>
        ) : (
          members.map(([name, schema]) => (
            <FieldRow
              key={name}
              name={name}
              schema={schema}
              root={root}
              value={args[name]}
              onChange={(value) => setArgs((before) => ({ ...before, [name]: value }))}
              pointer={`/${name}`}
              required={required.includes(name)}
              faults={faults}
              file={files.has(name)}
            />
          ))
        )}
        <div className="row spread">
          <label className="row small">
            <input type="checkbox" checked={asJob} onChange={({ target }) => setAsJob(target.checked)} />
            As a job, which outlives this page
          </label>
          <div className="row">
            {running && (
              <button type="button" className="button danger" onClick={stop}>
                Cancel
              </button>
            )}
            <button type="submit" className="button main" disabled={running}>
              {running ? 'Running …' : 'Run'}
            </button>
          </div>
        </div>
      </form>
      <section className="card stack" aria-label="What came of it" aria-live="polite">
        {state === undefined ? (
          <div className="stack tight">
            <h2>Result</h2>
            <p className="soft">
              Run it to see the answer, what it took and cost, and its receipt, verified here in your browser.
            </p>
          </div>
        ) : (
          <Came state={state} />
        )}
      </section>
    </div>
  );
};

const Came = ({ state }: { state: RunState }) => {
  const { phase, progress, job, items, value, error, receipt, call, timing, took } = state;
  return (
    <>
      <h2>{phase === 'running' ? 'Running' : phase === 'done' ? 'Result' : 'It failed'}</h2>
      {phase === 'running' && progress === undefined && (
        <Waiting what={job === undefined ? 'Waiting for the answer …' : `The job is ${state.state ?? 'queued'} …`} />
      )}
      {progress !== undefined && phase === 'running' && <Progress of={progress} />}
      {phase === 'failed' && <Problem error={error} />}
      {items !== undefined && (
        <>
          <p className="soft small">{count(items.length)} items</p>
          <ResultView value={items} />
        </>
      )}
      {phase === 'done' && items === undefined && <ResultView value={value} />}
      {receipt !== undefined && <Proof receipt={receipt} />}
      {phase !== 'running' && call !== undefined && call !== '' && <CallFacts id={call} />}
      {timing !== undefined && <Timing steps={timing} total={took} />}
    </>
  );
};
