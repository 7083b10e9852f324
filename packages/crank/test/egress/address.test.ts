import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { notOpenInternet, specialAddress } from '#src/engines/egress/address.ts';

it.each([
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', "a carrier's (CGNAT)"],
  ['100.100.100.200', "a carrier's (CGNAT)"],
  ['169.254.169.254', 'cloud metadata'],
  ['168.63.129.16', 'cloud metadata'],
  ['169.254.0.1', 'link-local'],
  ['192.88.99.1', 'a 6to4 relay'],
  ['198.19.0.1', 'for benchmarks'],
  ['224.0.0.251', 'multicast'],
  ['255.255.255.255', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'reserved'],
  ['::ffff:8.8.8.8', 'reserved'],
  ['::127.0.0.1', 'reserved'],
  ['64:ff9b::7f00:1', 'IPv4 by translation (NAT64)'],
  ['64:ff9b:1::1', 'IPv4 by translation (NAT64)'],
  ['2002:7f00:1::', 'IPv4 by translation (6to4)'],
  ['2001::1', 'reserved (Teredo and others)'],
  ['2001:db8::1', 'for documentation'],
  ['fd00:ec2::254', 'private'],
  ['fe80::1', 'link-local'],
  ['fec0::1', 'reserved'],
  ['ff02::1', 'multicast'],
  ['100::1', 'reserved'],
  ['4000::1', 'reserved'],
])('%s is %s', (address, kind) => {
  expect(specialAddress(address)).toBe(kind);
});

it.each([
  '1.1.1.1',
  '8.8.8.8',
  '172.32.0.1',
  '172.15.255.255',
  '100.63.255.255',
  '100.128.0.1',
  '2606:4700::1111',
  '2a00::1',
])('%s is of the open internet', (address) => {
  expect(specialAddress(address)).toBeUndefined();
});

it("this machine's own addresses are not of the open internet, whatever they are", () => {
  for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    expect(notOpenInternet(address.replace(/%.*/, '')), address).toBeDefined();
  }
});
