import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Networks that are not the open internet: IANA's registries of special-purpose addresses (RFC 6890), and clouds' metadata. */
const SPECIAL: readonly (readonly [network: string, bits: number, kind: string])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, "a carrier's (CGNAT)"],
  ['127.0.0.0', 8, 'loopback'],
  ['168.63.129.16', 32, 'cloud metadata'],
  ['169.254.169.254', 32, 'cloud metadata'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'for documentation'],
  ['192.88.99.0', 24, 'a 6to4 relay'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['64:ff9b::', 96, 'IPv4 by translation (NAT64)'],
  ['64:ff9b:1::', 48, 'IPv4 by translation (NAT64)'],
  ['2001::', 23, 'reserved (Teredo and others)'],
  ['2001:db8::', 32, 'for documentation'],
  ['2002::', 16, 'IPv4 by translation (6to4)'],
  ['3fff::', 20, 'for documentation'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
];

const networkOf = (network: string, bits: number): BlockList => {
  const list = new BlockList();
  list.addSubnet(network, bits, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
};

const special = SPECIAL.map(([network, bits, kind]) => ({ v4: isIPv4(network), list: networkOf(network, bits), kind }));
/** The only part of IPv6 that is given out to the internet (RFC 3513). */
const unicast6 = networkOf('2000::', 3);

/** What an address is, if it is not one of the open internet. `address`: IPv4 or IPv6 without a zone. */
export const specialAddress = (address: string): string | undefined => {
  const v4 = isIPv4(address);
  // Those of IPv4 within IPv6 (::ffff:0:0/96) are among what lies outside of 2000::/3.
  const found = special.find((one) => one.v4 === v4 && one.list.check(address, v4 ? 'ipv4' : 'ipv6'));
  if (found !== undefined) return found.kind;
  return v4 || unicast6.check(address, 'ipv6') ? undefined : 'reserved';
};

/** As `specialAddress`, and this machine's own addresses: what listens on them trusts the machine. */
export const notOpenInternet = (address: string): string | undefined =>
  specialAddress(address) ??
  (Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address))
    ? "this machine's own"
    : undefined);
