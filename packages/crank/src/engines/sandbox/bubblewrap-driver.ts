import { bubblewrapArguments } from './bubblewrap.ts';
import type { Driver } from './driver.ts';
import type { Host } from './host.ts';
import { runToEnd } from './interpreter.ts';
import { firstChannel, launch } from './sandbox-process.ts';
import { wayOutPort } from './way-out.ts';

export const bubblewrapDriver = ({ bwrap, version, user, foreign }: Host): Driver => ({
  name: `bubblewrap ${version.join('.')}`,
  foreign: foreign ? user : undefined,
  namespaces: true,
  grouped: true,
  launch: ({ mounts, given, channels, onConnection }) => {
    const network = onConnection !== undefined;
    const wayOut = { channel: firstChannel + channels, port: wayOutPort };
    const told = network ? { ...given, wayOut } : given;
    return launch({
      bwrap,
      user: foreign ? user : undefined,
      mounts: { ...mounts, version, network },
      filter: `${mounts.runtime}/${network ? 'outer-network' : 'outer'}.bpf`,
      command: [mounts.interpreter, '-S', '-B', '/runtime/start.py', JSON.stringify(told)],
      channels,
      onConnection,
    });
  },
  tryInside: (interpreter, code, runtime) => {
    const mounts = { runtime, interpreter, tmpBytes: 2 ** 20, version };
    return runToEnd(bwrap, [...bubblewrapArguments(mounts), interpreter, '-S', '-c', code], foreign ? user : undefined);
  },
  sweep: async () => {}, // what bubblewrap starts dies with us
});
