export { type CallOptions, type CallResult, type ClientOptions, CrankClient, type DeployFile } from './client.ts';
export { CrankProblem, type Problem } from './problem.ts';
