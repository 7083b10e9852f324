import { bubblewrapArguments } from './bubblewrap.ts';
import type { Driver } from './driver.ts';
import type { Host } from './host.ts';
import { runToEnd } from './interpreter.ts';
import { launch } from './sandbox-process.ts';

export const bubblewrapDriver = ({ bwrap, version, user, foreign }: Host): Driver => ({
  name: `bubblewrap ${version.join('.')}`,
  foreign: foreign ? user : undefined,
  namespaces: true,
  grouped: true,
  launch: ({ mounts, given, channels }) =>
    launch({
      bwrap,
      user: foreign ? user : undefined,
      mounts: { ...mounts, version },
      filter: `${mounts.runtime}/outer.bpf`,
      command: [mounts.interpreter, '-S', '-B', '/runtime/start.py', JSON.stringify(given)],
      channels,
    }),
  tryInside: (interpreter, code, runtime) => {
    const mounts = { runtime, interpreter, tmpBytes: 2 ** 20, version };
    return runToEnd(bwrap, [...bubblewrapArguments(mounts), interpreter, '-S', '-c', code], foreign ? user : undefined);
  },
  sweep: async () => {}, // what bubblewrap starts dies with us
});
