import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** The addresses of a host name. `host` is none itself. Rejects where there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Addresses of a name in a hosts file (hosts(5)). */
const namedIn = (hosts: string, name: string): string[] =>
  hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return isIP(address) !== 0 && names.includes(name) ? [address] : [];
  });

/**
 * Resolves by /etc/hosts, then by this machine's name servers. Not by getaddrinfo: that would take threads of the pool
 * that files and cryptography share, for as long as a name server likes.
 *
 * @param ms until a name server that does not answer is given up
 */
export const systemResolver = (ms: number): Resolve => {
  const resolver = new Resolver({ timeout: ms / 2, tries: 2 });
  return async (host) => {
    const local = namedIn(await readFile('/etc/hosts', 'utf8').catch(() => ''), host);
    if (local.length > 0) return local;
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [four, six].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length === 0) throw four.status === 'rejected' ? four.reason : new Error('it has no address');
    return found;
  };
};
