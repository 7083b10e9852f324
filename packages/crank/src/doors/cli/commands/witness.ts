import type { Command } from '../command.ts';
import { Exit } from '../run.ts';
import { table } from '../table.ts';

const FAILED = 5;

interface Report {
  vkey: string;
  size: number;
  cosigned: number;
  asked: { vkey: string; url: string; size: number | null; cosigned: string | null; error: string | null }[];
  served: { origin: string; vkeys: string[]; size: number }[];
  alarms: { log: string; what: string; raised: string; evidence: string }[];
}

const nameOf = (vkey: string): string => vkey.split('+')[0]!;

const show = (report: Report): string => {
  const { asked, served, alarms } = report;
  return [
    `this node as a witness: ${report.vkey}`,
    `its own log: ${report.size} entries, ${report.cosigned} of them under a head that witnesses cosigned`,
    '',
    asked.length === 0
      ? 'no witness is asked: crank log witness add VKEY URL'
      : table(
          ['WITNESS', 'URL', 'COSIGNED', 'AT', 'ERROR'],
          asked.map(({ vkey, url, size, cosigned, error }) => [
            nameOf(vkey),
            url,
            size === null ? '' : String(size),
            cosigned ?? '',
            error ?? '',
          ]),
        ),
    '',
    served.length === 0
      ? 'witness of no other log: crank log witness serve VKEY'
      : table(
          ['WITNESS OF', 'SIZE', 'KEYS'],
          served.map(({ origin, size, vkeys }) => [origin, String(size), String(vkeys.length)]),
        ),
    ...alarms.map(({ raised, what }) => `\nALARM ${raised}: ${what}`),
  ].join('\n');
};

export const listWitnesses: Command = {
  name: 'log witness list',
  summary: "witnesses of the node's log, logs that it is a witness of, and alarms; exit code 5 where there is one",
  run: async (context) => {
    const report = await context.client.json<Report>('/v1/log/witnesses');
    context.print(report, () => show(report));
    if (report.alarms.length > 0) throw new Exit(FAILED);
  },
};

export const addWitness: Command = {
  name: 'log witness add',
  summary: "have a witness cosign the node's log",
  args: [
    ['<vkey>', 'verifier key of the witness'],
    ['<url>', 'its submission prefix; of a Crank node, URL/witness'],
  ],
  run: async (context, [vkey, url]) => {
    const answer = await context.client.json<{ receipt: string }>('/v1/log/witnesses', {
      method: 'POST',
      json: { vkey, url },
    });
    context.print(answer, `${nameOf(vkey!)} is asked from now on; receipt ${answer.receipt}`);
  },
};

export const removeWitness: Command = {
  name: 'log witness remove',
  summary: 'ask a witness no more',
  args: [['<vkey>', 'verifier key of the witness']],
  run: async (context, [vkey]) => {
    const path = `/v1/log/witnesses?vkey=${encodeURIComponent(vkey!)}`;
    const answer = await context.client.json<{ receipt: string }>(path, { method: 'DELETE' });
    context.print(answer, `${nameOf(vkey!)} is asked no more; receipt ${answer.receipt}`);
  },
};

export const serveLog: Command = {
  name: 'log witness serve',
  summary: 'make the node a witness of a log, or tell it another key of one',
  args: [['<vkey>', 'verifier key of the log']],
  run: async (context, [vkey]) => {
    const answer = await context.client.json<{ receipt: string }>('/v1/log/witnessed', {
      method: 'POST',
      json: { vkey },
    });
    context.print(answer, `witness of ${nameOf(vkey!)} from now on; receipt ${answer.receipt}`);
  },
};

export const leaveLog: Command = {
  name: 'log witness leave',
  summary: 'be a witness of a log no more; what was cosigned is remembered',
  args: [['<origin>', 'name of the log']],
  run: async (context, [origin]) => {
    const path = `/v1/log/witnessed?origin=${encodeURIComponent(origin!)}`;
    const answer = await context.client.json<{ receipt: string }>(path, { method: 'DELETE' });
    context.print(answer, `no witness of ${origin} any more; receipt ${answer.receipt}`);
  },
};

export const witnessPolicy: Command = {
  name: 'log witness policy',
  summary: "print a trust policy for verifiers: the node's log, its witnesses, and more than half of them as quorum",
  run: async (context) => {
    const vkeys = (await (await context.client.send('/log/vkeys')).text()).trim().split('\n');
    const { asked } = await context.client.json<Report>('/v1/log/witnesses');
    const names = asked.map((_, at) => `w${at + 1}`);
    const policy = [
      ...vkeys.map((vkey) => `log ${vkey}`),
      ...asked.map(({ vkey, url }, at) => `witness ${names[at]} ${vkey} ${url}`),
      ...(names.length === 0
        ? ['quorum none']
        : [`group witnesses ${Math.floor(names.length / 2) + 1} ${names.join(' ')}`, 'quorum witnesses']),
    ].join('\n');
    context.print({ policy: `${policy}\n` }, policy);
  },
};
