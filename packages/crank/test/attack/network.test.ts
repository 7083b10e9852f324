import { suite } from './suite.ts';

const filter = /^refused: EPERM$/;

suite('network', ({ refused }) => {
  for (const name of [
    'a TCP socket',
    'a TCP socket over IPv6',
    'a UDP socket',
    'a raw socket',
    'a packet socket',
    'a netlink socket',
    'a netfilter socket',
    'a vsock socket',
    'a kernel crypto socket',
    'sockets of rare families',
    'a socket by path',
    'a socket of a family with high bits set',
    'binding an abstract name',
    'binding a path',
    "connecting to the host's abstract sockets",
    "connecting to the container engine's socket",
    'asking a name server',
    'joining another network',
    "a network of one's own",
  ] as const) {
    refused(name, filter);
  }
  const unlisted = /^refused: ENOSYS$/;
  refused('a datagram pair', unlisted);
  refused('a sequenced pair', unlisted);
  refused('a pair of another family', unlisted);
  refused("the host's interfaces, asked of the channel", unlisted);
  refused("the host's hardware addresses, asked of the channel", unlisted);
  refused('the same with high bits set', unlisted);
  refused("the host's drivers, asked of the channel", unlisted);
  refused("the host's network namespace by the channel", unlisted);
  refused('sending to an address over a pair', /^refused: EISCONN$/);
  refused("the host's network by files", /^refused: E(NXIO|NOENT)$/);
  // Linux before 6.5 has no SO_PEERPIDFD.
  refused("signals to the gateway by the channel's peer", /^refused: E(INVAL|NOPROTOOPT)$/);
  refused("the gateway's pid by the channel's peer", /^refused: ESRCH$/);
});
