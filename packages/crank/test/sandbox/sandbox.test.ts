import { workshop } from './harness.ts';
import { sandboxContract } from './sandbox.contract.ts';

sandboxContract('fresh', () => workshop());
sandboxContract('warm', () => workshop());
