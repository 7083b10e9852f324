import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the energy of a call was found with. */
export const energySource = (): Record<string, Migration> => ({
  '0050_energy': {
    up: async (db: Kysely<unknown>) => {
      await db.schema.alterTable('usage').addColumn('energy_source', 'text').execute();
    },
  },
});
