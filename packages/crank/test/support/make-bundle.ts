import { currentBundle } from '../../../../tools/bundle.ts';

/** Nodes and commands of the tests run the bundle of the sources as they are now. */
export default async (): Promise<void> => {
  process.env['CRANK_MAIN'] = await currentBundle();
};
