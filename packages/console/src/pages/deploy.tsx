import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Deployed, type DeployFile, InvalidRequest } from 'crank-sdk';
import { useState } from 'react';
import { Link } from 'wouter';
import { readSource, type Source } from '../deploy/read-source.ts';
import { resolved, type Schema, typeOf } from '../form/schema.ts';
import { bytes, duration } from '../format/numbers.ts';
import { Code } from '../parts/code.tsx';
import { Columns } from '../parts/columns.tsx';
import { DropZone } from '../parts/drop-zone.tsx';
import { Waiting } from '../parts/loaded.tsx';
import { Digest } from '../parts/outcome.tsx';
import { Head } from '../parts/page.tsx';
import { Findings, Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.tsx';

/** Names what was looked at and not published; it goes with the next one. */
const PREVIEW = 'preview';

const contentOf = ({ files }: Source): DeployFile[] => files.map(({ path, file }) => ({ path, content: file }));

/** A script or a folder becomes a service: first it is looked at, under a name of its own, and then published. */
export const Deploy = () => {
  const { client } = useSession();
  const queries = useQueryClient();
  const [source, setSource] = useState<Source>();
  const [name, setName] = useState('');
  const options = (given: Source) => ({
    ...(name.trim() !== '' && { name: name.trim() }),
    ...(given.folder !== undefined && { folder: given.folder }),
  });
  const check = useMutation({
    mutationFn: (given: Source) =>
      client.services.deploy(contentOf(given), { ...options(given), alias: PREVIEW, ephemeral: true }),
  });
  const publish = useMutation({
    mutationFn: (given: Source) => client.services.deploy(contentOf(given), options(given)),
    onSuccess: () => queries.invalidateQueries(),
  });
  const take = (given: Source): void => {
    if (given.files.length === 0) return;
    setSource(given);
    publish.reset();
    check.mutate(given);
  };
  const seen = check.data;
  return (
    <>
      <Head
        title="Deploy"
        about="Drop what you have. Its interface is inferred in a sandbox and shown before anybody can call it by the service’s name."
      />
      <DropZone
        folder
        label="Source files"
        title="Drop a script or a folder"
        about="Python, TypeScript, a notebook, an ONNX model, or a folder with a manifest."
        onFiles={async (files, entries) => take(await readSource(files, entries))}
      />
      <div className="stack tight name-field">
        <label htmlFor="name">
          Name <span className="soft small">as the source calls itself where it is empty</span>
        </label>
        <input
          id="name"
          className="input"
          value={name}
          placeholder={seen?.name ?? 'letters, digits and -'}
          spellCheck={false}
          onChange={({ target }) => setName(target.value)}
        />
      </div>
      {source === undefined && (
        <section className="stack tight">
          <h2>For example</h2>
          <Code text={EXAMPLE} label="Example" />
        </section>
      )}
      {source !== undefined && (
        <p className="soft small">
          {source.files.length === 1 ? source.files[0]!.path : `${source.files.length} files`},{' '}
          {bytes(source.files.reduce((sum, { file }) => sum + file.size, 0))}
        </p>
      )}
      {check.isPending && <Waiting what="Looking at it in a sandbox, and fetching packages where it needs any …" />}
      {check.error !== null && <NotDeployable error={check.error} />}
      {seen !== undefined && source !== undefined && !check.isPending && (
        <section className="card stack" aria-label="What was found">
          <div className="row spread">
            <div>
              <h2>{seen.name}</h2>
              <p className="soft lines">{seen.description}</p>
            </div>
            {publish.data === undefined ? (
              <button
                type="button"
                className="button main"
                onClick={() => publish.mutate(source)}
                disabled={publish.isPending}
              >
                {publish.isPending ? 'Publishing …' : 'Publish'}
              </button>
            ) : (
              <Link href={`/services/${publish.data.name}`} className="button main">
                Open {publish.data.name}
              </Link>
            )}
          </div>
          {publish.error !== null && <Problem error={publish.error} />}
          {publish.data !== undefined && (
            <p className="note good" role="status">
              <span>
                Published: calls of {publish.data.name} get version <Digest of={publish.data.version} /> now.
              </span>
            </p>
          )}
          <Found deployed={seen} />
        </section>
      )}
    </>
  );
};

const NotDeployable = ({ error }: { error: unknown }) => (
  <div className="stack">
    <Problem error={error} />
    {error instanceof InvalidRequest && (
      <p className="soft">Mend the source, and drop it again: nothing was changed.</p>
    )}
  </div>
);

/** What was inferred, before it is published. */
const Found = ({ deployed }: { deployed: Deployed }) => {
  const { operations, findings, limits, network, requirements, secrets } = deployed;
  const asks = [
    ...network.map((one) => `reach ${one}`),
    ...Object.values(secrets).map((one) => `the secret ${one}`),
    ...(limits.subprocesses > 0 ? [`start ${limits.subprocesses} programs`] : []),
  ];
  return (
    <>
      <table className="table">
        <Columns of={[['Operation'], ['Takes'], ['Gives']]} />
        <tbody>
          {operations.map(({ name, description, input, output, result, contentType, files }) => {
            const root = resolved(input, {});
            return (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                  <div className="soft small">{description.split('\n')[0]}</div>
                </td>
                <td>
                  {Object.entries((root['properties'] ?? {}) as Record<string, Schema>).map(([member, schema]) => (
                    <div key={member}>
                      <code>{member}</code>{' '}
                      <span className="soft small">{files.includes(member) ? 'file' : typeOf(schema, root)}</span>
                    </div>
                  ))}
                </td>
                <td className="soft">
                  {result === 'file'
                    ? (contentType ?? 'a file')
                    : `${result === 'stream' ? 'stream of ' : ''}${typeOf(resolved(output, {}), resolved(output, {}))}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <dl className="facts">
        <dt>Packages</dt>
        <dd>{requirements.length === 0 ? 'none' : requirements.join(', ')}</dd>
        <dt>Asks to</dt>
        <dd>{asks.length === 0 ? 'nothing: no network, no secrets, no other programs' : asks.join(', ')}</dd>
        <dt>Limits</dt>
        <dd className="num">
          {duration(limits.wallMs)}, {bytes(limits.memoryBytes)}
        </dd>
      </dl>
      <Findings findings={findings} />
    </>
  );
};

const EXAMPLE = `"""Loans, for people who want to know what they pay."""

def monthly(amount: float, rate: float, years: int = 30) -> float:
    """What a month costs.

    Args:
        rate: Of a year, such as 0.035.
    """
    r = rate / 12
    return amount * r / (1 - (1 + r) ** -(years * 12))
`;
