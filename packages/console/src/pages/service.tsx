import { useQuery } from '@tanstack/react-query';
import type { ServiceDetails } from 'crank-sdk';
import { Link, useLocation, useSearchParams } from 'wouter';
import { bytes, duration } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { Code } from '../parts/code.tsx';
import { Json } from '../parts/json.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Digest } from '../parts/outcome.tsx';
import { Head } from '../parts/page.tsx';
import { Findings } from '../parts/problem.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { takeRerun } from '../run/rerun.ts';
import { RunPanel } from '../run/run-panel.tsx';
import { useSession } from '../session/session.tsx';
import { runtimeOf } from './services.tsx';
import { Versions } from './versions.tsx';

/** A service: what it does, a form for each operation, how it is called from elsewhere, and its versions. */
export const ServicePage = ({ name, operation }: { name: string; operation: string | undefined }) => {
  const { client } = useSession();
  const [params] = useSearchParams();
  const version = params.get('version') ?? undefined;
  const service = useQuery({
    queryKey: ['service', name, version],
    queryFn: () => client.services.describe(version === undefined ? name : `${name}@${version}`),
  });
  return (
    <Loaded query={service} what={`Loading ${name} …`}>
      {(data) => <Details service={data} version={version} wanted={operation} />}
    </Loaded>
  );
};

type Operation = ServiceDetails['operations'][number];

const Details = ({
  service,
  version,
  wanted,
}: {
  service: ServiceDetails;
  version: string | undefined;
  wanted: string | undefined;
}) => {
  const [, go] = useLocation();
  const { name, operations, description } = service;
  const operation = operations.find((one) => one.name === wanted) ?? operations[0];
  const pinned = version === undefined ? '' : `?version=${version}`;
  return (
    <>
      <Head title={name} about={description === '' ? undefined : <span className="lines">{description}</span>}>
        {version !== undefined && (
          <span className="tag warn">version {version.replace('sha256:', '').slice(0, 12)}</span>
        )}
        <Link href={`/calls?service=${name}`} className="button">
          Its calls
        </Link>
      </Head>
      {operations.length > 1 && (
        <label className="row operations">
          <span>Operation</span>
          <select
            className="input"
            value={operation?.name}
            onChange={({ target }) => go(`/services/${name}/${target.value}${pinned}`, { replace: true })}
          >
            {operations.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
      )}
      {operation !== undefined && (
        <OperationView
          key={`${operation.name} ${service.version}`}
          service={service}
          version={version}
          operation={operation}
        />
      )}
    </>
  );
};

const OperationView = ({
  service,
  version,
  operation,
}: {
  service: ServiceDetails;
  version: string | undefined;
  operation: Operation;
}) => (
  <div className="stack">
    <div>
      <h2>
        <code>{operation.name}</code>
      </h2>
      {operation.description !== '' && <p className="lines soft">{operation.description}</p>}
    </div>
    <Tabs
      label={`About ${operation.name}`}
      tabs={[
        [
          'Run',
          () => (
            <RunPanel
              service={service.name}
              version={version}
              operation={operation}
              initial={takeRerun(service.name, operation.name)}
            />
          ),
        ],
        ['Code', () => <Samples service={service.name} operation={operation} />],
        ['Schemas', () => <Schemas operation={operation} />],
        ['Versions', () => <Versions service={service} />],
        ['About', () => <About service={service} />],
      ]}
    />
  </div>
);

const Samples = ({ service, operation }: { service: string; operation: Operation }) => {
  const { curl, python, typescript, arguments: given } = operation.example;
  const mcp = {
    mcpServers: {
      crank: { type: 'http', url: `${location.origin}/mcp`, headers: { Authorization: 'Bearer YOUR_KEY' } },
    },
  };
  return (
    <Tabs
      label="Languages"
      tabs={[
        ['curl', () => <Code text={curl} label="curl" />],
        ['Python', () => <Code text={python} label="Python" />],
        ['TypeScript', () => <Code text={typescript} label="TypeScript" />],
        [
          'MCP',
          () => (
            <div className="stack">
              <p>
                An agent finds this operation by itself, once it knows the node. In a client’s settings, with a key of
                role <code>caller</code>:
              </p>
              <Code text={JSON.stringify(mcp, null, 2)} label="MCP settings" />
              <p>It is a tool there, which is called with:</p>
              <Code
                text={JSON.stringify({ name: `${service}_${operation.name}`, arguments: given }, null, 2)}
                label="MCP arguments"
              />
            </div>
          ),
        ],
      ]}
    />
  );
};

const Schemas = ({ operation }: { operation: Operation }) => (
  <div className="two">
    <div className="stack tight">
      <h3>What it takes</h3>
      <Json value={operation.input} label="Input schema" />
    </div>
    <div className="stack tight">
      <h3>{operation.result === 'stream' ? 'What each item is' : 'What it gives'}</h3>
      {operation.result === 'file' ? (
        <p>A file{operation.contentType !== undefined && ` of type ${operation.contentType}`}.</p>
      ) : (
        <Json value={operation.output} label="Output schema" />
      )}
    </div>
  </div>
);

const About = ({ service }: { service: ServiceDetails }) => {
  const { limits, policies, findings, network, secrets, workspaces, requirements } = service;
  const asks = [
    ...network,
    ...Object.values(secrets).map((one) => `the secret ${one}`),
    ...Object.keys(workspaces).map((one) => `the workspace ${one}`),
  ];
  return (
    <div className="stack">
      <dl className="facts card">
        <dt>Version</dt>
        <dd>
          <Digest of={service.version} />, deployed <Time at={service.created} />
        </dd>
        <dt>Runs on</dt>
        <dd>{runtimeOf(service)}</dd>
        <dt>Isolation</dt>
        <dd>{service.isolation === 'fresh' ? 'fresh: a new sandbox for every call' : service.isolation}</dd>
        <dt>Limits</dt>
        <dd className="num">
          {duration(limits.wallMs)}, {duration(limits.cpuMs)} of CPU, {bytes(limits.memoryBytes)} of memory,{' '}
          {limits.subprocesses} subprocesses
        </dd>
        <dt>Asks for</dt>
        <dd>{asks.length === 0 ? 'nothing: no network, no secrets, no workspaces' : asks.join(', ')}</dd>
        <dt>Packages</dt>
        <dd>{requirements.length === 0 ? 'none' : requirements.join(', ')}</dd>
        <dt>Policies</dt>
        <dd>
          {policies.map(({ name, layer, digest }) => (
            <div key={`${layer} ${name}`}>
              {name} <span className="soft">in the layer {layer},</span> <Digest of={digest} />
            </div>
          ))}
        </dd>
      </dl>
      <Findings findings={findings} />
    </div>
  );
};
