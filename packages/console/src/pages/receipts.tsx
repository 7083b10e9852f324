import { useQuery } from '@tanstack/react-query';
import type { ReceiptInfo } from 'crank-sdk';
import { useState } from 'react';
import { Link } from 'wouter';
import { Time } from '../format/time.tsx';
import { Code } from '../parts/code.tsx';
import { Columns } from '../parts/columns.tsx';
import { DropZone } from '../parts/drop-zone.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Outcome } from '../parts/outcome.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { useSession } from '../session/session.tsx';
import { Judged } from './judged.tsx';
import { TrustedKey } from './trusted-key.tsx';

/** Receipts: any of them to be verified here, what the log says, and those of the account. */
export const Receipts = () => {
  const { client, trust } = useSession();
  const [file, setFile] = useState<{ name: string; bytes: Uint8Array<ArrayBuffer> }>();
  const [vkey, setVkey] = useState(trust.vkey);
  const checkpoint = useQuery({ queryKey: ['checkpoint'], queryFn: () => client.log.checkpoint() });
  const receipts = useQuery({ queryKey: ['receipts'], queryFn: () => client.receipts.list() });
  return (
    <>
      <Head
        title="Receipts"
        about="A receipt is a signed statement about one call or act. It is checked here in your browser, against a key that you hold: no server is asked."
      />
      <DropZone
        label="Receipt file"
        title="Drop a receipt file"
        about="As crank receipt get saved it, or any call’s page."
        onFiles={async ([first]) => {
          if (first !== undefined) setFile({ name: first.name, bytes: new Uint8Array(await first.arrayBuffer()) });
        }}
      />
      {file !== undefined && <Judged key={file.name} name={file.name} bytes={file.bytes} vkey={vkey} />}
      <TrustedKey vkey={vkey} onChange={setVkey} />
      <section className="stack tight">
        <h2>Head of the log</h2>
        <p className="soft">
          The log’s signed checkpoint: its name, how many entries it has, their root, and signatures.
        </p>
        <Loaded query={checkpoint} what="Asking for the checkpoint …">
          {(text) => <Code text={text.trim()} label="Checkpoint" />}
        </Loaded>
      </section>
      <section className="stack tight">
        <h2>Newest receipts</h2>
        <div className="card flush scroll">
          <Loaded query={receipts} what="Loading receipts …">
            {({ receipts: list }) =>
              list.length === 0 ? (
                <Empty title="No receipts yet">
                  <p>
                    Each call leaves one, however it ends. <Link href="/services">Call a service</Link>.
                  </p>
                </Empty>
              ) : (
                <List receipts={list.slice(0, 25)} />
              )
            }
          </Loaded>
        </div>
      </section>
    </>
  );
};

const List = ({ receipts }: { receipts: readonly ReceiptInfo[] }) => (
  <table className="table">
    <Columns of={[['Entry', 'right'], ['Of'], ['By', 'wide'], ['Outcome'], ['Time', 'right']]} />
    <tbody>
      {receipts.map(({ id, index, kind, service, operation, act, principal, outcome, time }) => (
        <tr key={id}>
          <td className="right num soft">{index}</td>
          <td>
            {kind === 'act' ? (
              act
            ) : kind === 'opening' ? (
              `${service}.${operation}`
            ) : (
              <Link href={`/calls/${id}`}>{`${service}.${operation}`}</Link>
            )}
            {kind === 'opening' && <span className="soft small"> opening</span>}
          </td>
          <td className="wide soft small">{principal}</td>
          <td>{outcome !== undefined && <Outcome of={outcome} />}</td>
          <td className="right soft">
            <Time at={time} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
