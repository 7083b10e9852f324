import type { Grid } from './carbon.ts';

/** What calls of a service took within a period, and how the machines that ran them were. */
export interface SciInput {
  /** R: calls. */
  calls: number;
  /** As receipts have it: energy beyond the idle machine, by CPU time. */
  joules: number;
  grams: number;
  cpuSeconds: number;
  /** Peak memory held for the wall time. */
  byteSeconds: number;
  egressBytes: number;
}

/** Of a machine. */
export interface Machine {
  cpus: number;
  /** Watts that it draws without any work. */
  idleWatts: number;
  /** Whether its source of energy measures memory, so that no coefficient is to stand for it. */
  measuresMemory: boolean;
  /** Energy of the whole room for that of the machines; 1 where nobody said. */
  pue: number;
  /** Grams of CO2-equivalent of making it, and the seconds that it serves; undefined where nobody said. */
  embodied: { grams: number; seconds: number } | undefined;
}

/** One part of a service's carbon, told apart from the others. */
export interface SciLine {
  part: 'calls' | 'memory' | 'network' | 'idle' | 'pue' | 'embodied';
  /** Absent of what is no energy. */
  joules?: number;
  grams: number;
  /** Where it comes from. */
  source: string;
}

export interface Sci {
  lines: SciLine[];
  grams: number;
  /** Grams of CO2-equivalent for a call; undefined where there was none. */
  perCall: number | undefined;
}

const JOULES_PER_KWH = 3.6e6;
const GB = 1e9;
/** Cloud Carbon Footprint's methodology: memory 0.000392 kWh for a gigabyte-hour, networks 0.001 kWh for a gigabyte. */
const MEMORY_JOULES = (0.000392 * JOULES_PER_KWH) / (GB * 3_600);
const NETWORK_JOULES = (0.001 * JOULES_PER_KWH) / GB;

/**
 * Software Carbon Intensity (ISO/IEC 21031:2024): ((E × I) + M) per R, with the call as R. Offsets count for nothing. Each
 * part of E and M stands on its own line.
 *
 * Calls have the figures of their receipts, with the grid as it was then; the other parts are at the grid given.
 */
export const sciOf = (input: SciInput, machine: Machine, grid: Grid): Sci => {
  const { cpus, idleWatts, pue, embodied, measuresMemory } = machine;
  const { calls, joules, grams, cpuSeconds } = input;
  const gramsOf = (energy: number): number => (energy / JOULES_PER_KWH) * grid.gramsPerKwh;
  const memory = measuresMemory ? 0 : input.byteSeconds * MEMORY_JOULES;
  const network = input.egressBytes * NETWORK_JOULES;
  const idle = (idleWatts / cpus) * cpuSeconds;
  const lines: SciLine[] = [
    { part: 'calls', joules, grams, source: 'receipts: CPU time beyond the idle machine' },
    {
      ...{ part: 'memory', joules: memory, grams: gramsOf(memory) },
      source: measuresMemory
        ? 'measured with the processors'
        : 'coefficient of Cloud Carbon Footprint, 0.392 W for a gigabyte',
    },
    {
      ...{ part: 'network', joules: network, grams: gramsOf(network) },
      source: 'coefficient of Cloud Carbon Footprint, 1 Wh for a gigabyte',
    },
    {
      ...{ part: 'idle', joules: idle, grams: gramsOf(idle) },
      source: `idle power of a processor, ${(idleWatts / cpus).toPrecision(3)} W, for the CPU time used`,
    },
  ];
  const overhead = pue - 1;
  lines.push({
    part: 'pue',
    joules: overhead * sum(lines, (line) => line.joules ?? 0),
    grams: overhead * sum(lines, (line) => line.grams),
    source: pue === 1 ? 'none: CRANK_PUE is not set' : `PUE ${pue}`,
  });
  lines.push({
    part: 'embodied',
    grams: embodied === undefined ? 0 : (embodied.grams / embodied.seconds / cpus) * cpuSeconds,
    source:
      embodied === undefined
        ? 'none: CRANK_EMBODIED is not set'
        : 'making the machine, over its service, for the CPU time used',
  });
  const total = sum(lines, (line) => line.grams);
  return { lines, grams: total, perCall: calls === 0 ? undefined : total / calls };
};

const sum = (lines: readonly SciLine[], value: (line: SciLine) => number): number =>
  lines.reduce((total, line) => total + value(line), 0);
