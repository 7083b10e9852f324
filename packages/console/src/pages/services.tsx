import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { count } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { Code } from '../parts/code.tsx';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { useSession } from '../session/session.tsx';
import { allServices } from './services-query.ts';

/** Rows that are shown at first; a search looks at all. */
const SHOWN = 200;

export const Services = () => {
  const { client, may } = useSession();
  const [params, setParams] = useSearchParams();
  const services = useQuery(allServices(client));
  const [most, setMost] = useState(SHOWN);
  const q = params.get('q') ?? '';
  return (
    <>
      <Head title="Services" about="Scripts, programs and models that can be called.">
        {may('service.deploy') && (
          <Link href="/deploy" className="button main">
            Deploy
          </Link>
        )}
      </Head>
      <Loaded query={services} what="Loading services …">
        {(all) => {
          if (all.length === 0)
            return (
              <div className="card">
                <Empty title="No services yet">
                  <p>A function with annotated parameters is enough. Drop a file on the Deploy page, or:</p>
                  <Code text="npx crank deploy report.py" label="Command" />
                </Empty>
              </div>
            );
          const words = q.toLowerCase().split(/\s+/);
          const found = all.filter(({ name, description, operations }) => {
            const text = `${name} ${description} ${operations.map((one) => one.name).join(' ')}`.toLowerCase();
            return words.every((word) => text.includes(word));
          });
          return (
            <>
              <input
                type="search"
                className="input"
                aria-label="Search services"
                placeholder={`Search ${count(all.length)} by name, operation or what they do`}
                value={q}
                onChange={({ target }) => setParams(target.value === '' ? {} : { q: target.value }, { replace: true })}
              />
              {found.length === 0 ? (
                <div className="card">
                  <Empty title="No service fits">
                    <p>Each word has to be in a name or a description. Try fewer of them.</p>
                  </Empty>
                </div>
              ) : (
                <div className="card flush scroll">
                  <table className="table">
                    <Columns of={[['Service'], ['Operations', 'wide'], ['Runs on', 'wide'], ['Deployed', 'right']]} />
                    <tbody>
                      {found.slice(0, most).map((service) => (
                        <tr key={service.name}>
                          <td>
                            <Link href={`/services/${service.name}`}>
                              <strong>{service.name}</strong>
                            </Link>
                            <div className="soft small">{firstLine(service.description)}</div>
                          </td>
                          <td className="wide">
                            <div className="row">
                              {service.operations.slice(0, 4).map(({ name }) => (
                                <code key={name} className="tag">
                                  {name}
                                </code>
                              ))}
                              {service.operations.length > 4 && (
                                <span className="soft small">and {service.operations.length - 4} more</span>
                              )}
                            </div>
                          </td>
                          <td className="wide soft">{runtimeOf(service)}</td>
                          <td className="right soft">
                            <Time at={service.created} />
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              )}
              {found.length > most && (
                <div>
                  <button type="button" className="button" onClick={() => setMost(most + SHOWN)}>
                    Show more of {count(found.length)}
                  </button>
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
};

export const firstLine = (text: string): string => text.split('\n')[0] ?? '';

export const runtimeOf = ({ runtime, python, tools }: { runtime: string; python: string; tools: object }): string => {
  if (runtime === 'command') return Object.keys(tools).join(', ');
  return runtime === 'node' ? 'Node' : runtime === 'model' ? 'ONNX model' : `Python ${python}`;
};
