import type { Detector } from './finding.ts';

/** RFC 5321 section 4.5.3.1: octets of a local part and of a domain. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

const LOCAL = /(?:[\p{L}\p{N}._%+~-]|(?<=[\p{L}\p{N}])'(?=[\p{L}\p{N}]))+$/u;
const QUOTED = /"[^"\n]{1,62}"$/;
const DOMAIN =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{2,63})(?![\p{L}\p{N}_@-])/iu;
const LITERAL = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[\dA-Fa-f:.]{2,45})\]/;
/** `logo@2x.png` is a file's name, and so on. */
const FILE = /\.(?:png|jpe?g|gif|svg|webp|css|scss|m?js|json|html?|xml|so|dll|exe)$/i;

/** Addresses as people write them (RFC 5321, RFC 6531): from each @ outwards. */
export const email: Detector = {
  types: ['email'],
  needs: /@/,
  *find({ text }) {
    for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      const before = text.slice(Math.max(0, at - MAX_LOCAL), at);
      const local = (LOCAL.exec(before) ?? QUOTED.exec(before))?.[0].replace(/^[.'-]+/, '');
      if (local === undefined || local === '' || local.endsWith('.') || local.includes('..')) continue;
      const behind = text.slice(at + 1, at + 1 + MAX_DOMAIN);
      const domain = (DOMAIN.exec(behind) ?? LITERAL.exec(behind))?.[0];
      if (domain === undefined || FILE.test(domain)) continue;
      // `git@host.example:path` is where a repository is.
      if (local === 'git' && behind[domain.length] === ':') continue;
      yield { type: 'email', start: at - local.length, end: at + 1 + domain.length, score: 0.95 };
    }
  },
};
