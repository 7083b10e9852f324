export { compareWithLlm, ownBoundary } from '#src/engines/metering/compare-llm.ts';
