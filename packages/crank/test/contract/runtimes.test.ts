import { afterAll, beforeAll } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { command, warmCommand } from './command.ts';
import { python } from './python.ts';
import { runtimeContract } from './runtime.contract.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.remove());

// The row of `model` is where onnxruntime is: test/story/models.test.ts.
for (const adapter of [python, command, warmCommand]) runtimeContract(adapter, () => node);
