import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnergySource, MachineSample } from './energy.ts';

/** Where Linux shows batteries (Documentation/ABI/testing/sysfs-class-power). */
const POWER_SUPPLY = '/sys/class/power_supply';

const number = (folder: string, name: string): number | undefined => {
  const file = join(folder, name);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
};

/** Watts that a battery gives now; undefined where it gives none. Units of sysfs: µW, µA, µV. */
const wattsOf = (folder: string): number | undefined => {
  if (readFileSync(join(folder, 'status'), 'utf8').trim() !== 'Discharging') return undefined;
  const power = number(folder, 'power_now');
  if (power !== undefined) return Math.abs(power) / 1e6;
  const [current, voltage] = [number(folder, 'current_now'), number(folder, 'voltage_now')];
  return current === undefined || voltage === undefined ? undefined : (Math.abs(current) / 1e6) * (voltage / 1e6);
};

/**
 * Grade C: what the batteries give while the machine runs on them, screen and all. On mains there is no figure, and the
 * coefficients stand in.
 */
export const openBattery = (
  fallback: Pick<EnergySource, 'activeWatts'>,
  folder: string = POWER_SUPPLY,
): EnergySource | { absent: string } => {
  const batteries = existsSync(folder)
    ? readdirSync(folder)
        .map((entry) => join(folder, entry))
        .filter(
          (path) => existsSync(join(path, 'type')) && readFileSync(join(path, 'type'), 'utf8').trim() === 'Battery',
        )
    : [];
  if (batteries.length === 0) return { absent: 'this machine has no battery' };
  let before: { ms: number; watts: number } | undefined;
  let joules = 0;
  return {
    origin: { grade: 'C', uncertainty: '±30%, of many calls together', source: 'discharge of the battery' },
    activeWatts: fallback.activeWatts,
    read: ({ ms }: MachineSample) => {
      let watts: number | undefined;
      try {
        for (const battery of batteries) {
          const own = wattsOf(battery);
          if (own !== undefined) watts = (watts ?? 0) + own;
        }
      } catch {
        watts = undefined; // it was taken out
      }
      const last = before;
      before = watts === undefined ? undefined : { ms, watts };
      if (watts === undefined) return undefined;
      // The trapezium between two readings: the gauge is an average of seconds anyway.
      if (last !== undefined) joules += ((last.watts + watts) / 2) * ((ms - last.ms) / 1e3);
      return joules;
    },
  };
};
