import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnergyOrigin, EnergySource } from './energy.ts';

/** Where Linux shows the counters of RAPL (Documentation/power/powercap). */
const POWERCAP = '/sys/class/powercap';

const MICROJOULES = 1e6;

interface Zone {
  name: string;
  file: string;
  /** Microjoules at which the counter begins again. */
  range: number;
  /** Microjoules at the last reading, and all since the first. */
  last: number;
  sum: number;
}

const text = (...path: string[]): string => readFileSync(join(...path), 'utf8').trim();

/** Processors' packages and their memory. What else there is lies within these (core, uncore), around them (psys) or shows them twice (mmio). */
const zonesOf = (folder: string): Zone[] =>
  readdirSync(folder)
    .filter((entry) => /^intel-rapl:\d+(:\d+)?$/.test(entry))
    .sort()
    .map((entry) => ({ entry, name: text(folder, entry, 'name') }))
    .filter(({ name }) => /^package-\d+$/.test(name) || name === 'dram')
    .map(({ entry, name }) => {
      const file = join(folder, entry, 'energy_uj');
      return {
        name,
        file,
        range: Number(text(folder, entry, 'max_energy_range_uj')),
        last: Number(text(file)),
        sum: 0,
      };
    });

/**
 * Grade B: the processors' own counters of energy, for AMD's too; grade A where they were compared with a meter. It must be
 * read more often than a counter runs full, which takes minutes.
 *
 * @param calibration joules at the meter for one joule of RAPL, where that was found
 * @returns the reason where there is none: no such processor, a virtual machine, or files for root only (since CVE-2020-8694)
 */
export const openRapl = (
  fallback: Pick<EnergySource, 'activeWatts'>,
  { folder = POWERCAP, calibration }: { folder?: string | undefined; calibration?: number | undefined } = {},
): EnergySource | { absent: string } => {
  if (!existsSync(folder)) return { absent: 'this machine shows no RAPL counters, as most virtual machines' };
  let zones: Zone[];
  try {
    zones = zonesOf(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      absent:
        code === 'EACCES' || code === 'EPERM'
          ? `the RAPL counters in ${folder} may be read by root only`
          : `the RAPL counters in ${folder} cannot be read: ${(error as Error).message}`,
    };
  }
  if (!zones.some(({ name }) => name !== 'dram')) return { absent: `${folder} has no counter of a processor` };
  const what = `RAPL ${[...new Set(zones.map(({ name }) => name))].join(', ')}`;
  const origin: EnergyOrigin =
    calibration === undefined
      ? { grade: 'B', uncertainty: '±30%', source: what }
      : { grade: 'A', uncertainty: '±15%', source: `${what}, times ${calibration} by a meter` };
  return {
    origin,
    activeWatts: fallback.activeWatts,
    read: () => {
      try {
        for (const zone of zones) advance(zone, Number(text(zone.file)));
      } catch {
        return undefined;
      }
      return (zones.reduce((sum, { sum: own }) => sum + own, 0) / MICROJOULES) * (calibration ?? 1);
    },
  };
};

const advance = (zone: Zone, now: number): void => {
  zone.sum += now >= zone.last ? now - zone.last : zone.range - zone.last + now;
  zone.last = now;
};
