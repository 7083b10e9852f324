/** Joules of some work with how they were found: grade A (metered) to D (coefficient table, right within a factor of 2). */
export interface Energy {
  joules: number;
  grade: 'A' | 'B' | 'C' | 'D';
  uncertainty: string;
}

/**
 * Watts that one busy thread draws, by processor. Cloud Carbon Footprint's methodology gives 0.74-3.5 W per vCPU at full
 * load for servers; laptops and unknown processors get CodeCarbon's fall-back of 4 W per thread.
 */
const wattsPerThread = (model: string): number => {
  if (/EPYC/i.test(model)) return 1.7;
  if (/Xeon/i.test(model)) return 3.5;
  if (/Neoverse|Graviton|Ampere/i.test(model)) return 1.1;
  return 4;
};

/** Grade D: CPU time times a coefficient. Energy of memory and network is not in it yet. */
export const energyByCoefficient = (cpuModel: string): ((cpuNs: number) => Energy) => {
  const watts = wattsPerThread(cpuModel);
  return (cpuNs) => ({ joules: (cpuNs / 1e9) * watts, grade: 'D', uncertainty: 'factor 2' });
};
