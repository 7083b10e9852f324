import type { Platform } from '#src/platform/platform.ts';
import { listServices, type ServiceInfo } from '#src/platform/services.ts';

const PAGES = 10;

/** The services that a document may name: none for strangers, else those of the caller's account, the first thousand. */
export const visibleServices = async (
  platform: Platform,
  authorization: string | undefined,
): Promise<ServiceInfo[]> => {
  if (authorization === undefined) return [];
  const all: ServiceInfo[] = [];
  let cursor: string | null = '';
  for (let page = 0; page < PAGES && cursor !== null; page++) {
    const next: Awaited<ReturnType<typeof listServices>> = await listServices(platform, authorization, cursor);
    all.push(...next.services);
    cursor = next.cursor;
  }
  return all;
};
