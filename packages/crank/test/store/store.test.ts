import { join } from 'node:path';
import { openCommitter } from '#src/store/committer.ts';
import { openStore } from '#src/store/store.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { storeContract } from './store.contract.ts';

storeContract('SQLite', async () => {
  const folder = temporaryFolder('store');
  const location = { sqlite: join(folder.path, 'crank.db') };
  const store = await openStore(location);
  return {
    store,
    committer: await openCommitter(location),
    reopen: () => openStore(location),
    close: async () => {
      await store.close();
      folder.remove();
    },
  };
});

storeContract('PostgreSQL', async () => {
  const server = await startPostgres();
  const location = { postgres: server.url };
  const store = await openStore(location);
  return {
    store,
    committer: await openCommitter(location),
    reopen: () => openStore(location),
    close: async () => {
      await store.close();
      await server.stop();
    },
  };
});
