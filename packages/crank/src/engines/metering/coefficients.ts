import type { EnergyOrigin, EnergySource, MachineSample } from './energy.ts';

/** Watts of a thread: `idle` when it does nothing, `full` when it is busy. */
interface Coefficients {
  name: string;
  idle: number;
  full: number;
}

/** A processor by what `/proc/cpuinfo` says of it. */
export interface Processor {
  /** `model name`. */
  model: string;
  /** `vendor_id`, x86 only. */
  vendor?: string;
  /** `cpu family`, `model` and `stepping`, x86 only. */
  family?: number;
  number?: number;
  stepping?: number;
  /** `CPU part`, ARM only. */
  part?: number;
}

const of = (name: string, idle: number, full: number): Coefficients => ({ name, idle, full });

/**
 * By microarchitecture, from the SPECpower results that Cloud Carbon Footprint evaluates (its methodology, appendix I:
 * watts per vCPU, of AWS and Azure). Later ones than it has stand with the last of their line.
 */
const known = {
  sandyBridge: of('Intel Sandy Bridge', 2.17, 8.58),
  ivyBridge: of('Intel Ivy Bridge', 3.04, 8.25),
  haswell: of('Intel Haswell', 1.0, 4.74),
  broadwell: of('Intel Broadwell', 0.71, 3.69),
  skylake: of('Intel Skylake', 0.65, 4.26),
  cascadeLake: of('Intel Cascade Lake or later', 0.64, 3.97),
  coffeeLake: of('Intel Coffee Lake', 1.14, 5.42),
  epyc1: of('AMD EPYC, 1st generation', 0.82, 2.55),
  epyc2: of('AMD EPYC, 2nd generation', 0.47, 1.69),
  epyc3: of('AMD EPYC, 3rd generation or later', 0.45, 2.02),
  neoverse: of('Arm Neoverse N1 or later', 0.47, 1.69),
  /** Of all that providers of clouds have. */
  server: of('an average server', 0.74, 3.5),
  /** CodeCarbon's fall-back: 4 W a thread, all of it taken for work. */
  unknown: of('an unknown processor', 0, 4),
};

/** Intel's models of family 6. Skylake and Cascade Lake of servers share one, and differ by stepping. */
const intel: Readonly<Record<number, Coefficients>> = {
  45: known.sandyBridge,
  62: known.ivyBridge,
  63: known.haswell,
  79: known.broadwell,
  86: known.broadwell,
  85: known.skylake,
  106: known.cascadeLake,
  108: known.cascadeLake,
  143: known.cascadeLake,
  207: known.cascadeLake,
  158: known.coffeeLake,
};

/** The coefficients of a processor: by family and model, for a name may be as short as `AMD EPYC`; else by its name. */
export const coefficientsOf = ({ model, vendor, family, number, stepping = 0, part }: Processor): Coefficients => {
  if (vendor === 'GenuineIntel' && family === 6 && number !== undefined) {
    if (number === 85 && stepping >= 5) return known.cascadeLake;
    const found = intel[number];
    if (found !== undefined) return found;
  }
  if (/EPYC/i.test(model)) {
    if (family === 23) return (number ?? 0) >= 0x30 ? known.epyc2 : known.epyc1;
    if (family !== undefined && family > 23) return known.epyc3;
    return known.epyc2;
  }
  // Arm Ltd.'s parts from Neoverse N1 (Graviton 2, Altra) on.
  if (part !== undefined && part >= 0xd0c) return known.neoverse;
  if (/Neoverse|Graviton|Ampere/i.test(model)) return known.neoverse;
  return /Xeon/i.test(model) ? known.server : known.unknown;
};

/** Reads the first processor of `/proc/cpuinfo`. */
export const parseProcessor = (cpuinfo: string): Processor => {
  const field = (name: string): string | undefined => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1];
  const count = (name: string): number | undefined => {
    const text = field(name);
    return text === undefined ? undefined : Number(text);
  };
  const [vendor, family, number, stepping, part] = [
    field('vendor_id'),
    count('cpu family'),
    count('model'),
    count('stepping'),
    count('CPU part'),
  ];
  return {
    model: field('model name') ?? '',
    ...(vendor !== undefined && { vendor }),
    ...(family !== undefined && { family }),
    ...(number !== undefined && { number }),
    ...(stepping !== undefined && { stepping }),
    ...(part !== undefined && { part }),
  };
};

/** Grade D: what the machine does, times coefficients. @param threads that the machine has */
export const coefficientSource = (processor: Processor, threads: number): EnergySource => {
  const { name, idle, full } = coefficientsOf(processor);
  const origin: EnergyOrigin = { grade: 'D', uncertainty: 'factor 2', source: `coefficients of ${name}` };
  const idleWatts = idle * threads;
  const activeWatts = full - idle;
  return {
    origin,
    idleWatts,
    activeWatts,
    read: ({ ms, busyNs }: MachineSample) => (idleWatts * ms) / 1e3 + (activeWatts * busyNs) / 1e9,
  };
};
