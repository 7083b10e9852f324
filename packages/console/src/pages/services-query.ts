import { queryOptions } from '@tanstack/react-query';
import type { CrankClient, Service } from 'crank-sdk';

/** All services of the account, by name. */
export const allServices = (client: CrankClient) =>
  queryOptions({
    queryKey: ['services'],
    queryFn: async (): Promise<Service[]> => {
      const all: Service[] = [];
      for await (const service of client.services.all()) all.push(service);
      return all;
    },
    staleTime: 15_000,
  });
