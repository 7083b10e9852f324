import { isIPv6 } from 'node:net';
import { wordsOf } from './context.ts';
import type { Detector } from './finding.ts';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(
  `(?<![\\p{L}\\p{N}_.]|\\d[-,])${OCTET}(?:\\.${OCTET}){3}(?![\\p{L}\\p{N}_]|[.-]\\d|-\\p{L})`,
  'gu',
);
const IPV6 = /(?<![\p{L}\p{N}_:.])[0-9a-f]{0,4}:[0-9a-f:]{1,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\p{L}\p{N}_:]|\.\d)/giu;
/** Without all eight groups only what begins as addresses in use do: `std::a` is no address. */
const SHORT = /^(?:[23][0-9a-f]{3}|f[cdef][0-9a-f]{2}|64:ff9b|::ffff:\d)/i;
const version = wordsOf([
  'v',
  'versions?',
  'ver',
  'rev(?:ision)?',
  'releases?',
  'sections?',
  'chapters?',
  'clause',
  '§',
  'oid',
  'build',
]);

/** What versions, sections, object identifiers and networks look like: words have to make addresses of them. */
const NUMBERED = /^(?:\d(?:\.\d{1,2}){3}|\d{1,3}\.0\.0\.0|[0-2]\.[1-3]?\d\.\d+\.\d+)$/;
const identifier = wordsOf(['oids?', 'object ?identifiers?', 'object(?= ?:)', 'arcs?']);
const machine = wordsOf([
  'ip(?:v4)?(?: ?addr(?:ess)?)?',
  'addr(?:ess)?',
  'hosts?',
  'clients?',
  'servers?',
  'from',
  'remote',
  'dns',
  'peer',
  'login',
]);

/** Headings: a line that begins with 21.2.2. */
const HEADINGS = /(?<=^[ \t]*)\d{1,3}(?:\.\d{1,3}){2}(?=\.?[ \t])/gm;
/** The number of the section that 21.2.2.126 would be in, were it a section's. */
const outer = (found: string): string => found.slice(0, found.lastIndexOf('.'));

/** IPv4 and IPv6 addresses (RFC 791, RFC 4291); loopback, unspecified and masks say nothing of anybody. */
export const ip: Detector = {
  types: ['ip'],
  needs: /\d\.\d|:/,
  *find({ text, near }) {
    let sections: ReadonlySet<string> | undefined;
    const isSection = (found: string): boolean => {
      sections ??= new Set(text.match(HEADINGS));
      return sections.has(outer(found));
    };
    for (const { index: start, 0: found } of text.matchAll(IPV4)) {
      const oid = /^[0-2]\./.test(found) && near(start, start, identifier, 24, 0);
      const nobody = /^(?:0|127|255)\./.test(found) || oid || near(start, start, version, 16, 0);
      const end = start + found.length;
      const numbered = NUMBERED.test(found) || isSection(found);
      const score = nobody ? 0.2 : numbered && !near(start, end, machine) ? 0.4 : 0.7;
      yield { type: 'ip', start, end, score };
    }
    for (const { index: start, 0: found } of text.matchAll(IPV6)) {
      const full = !found.includes('::');
      if (!isIPv6(found) || !(full || SHORT.test(found))) continue;
      yield { type: 'ip', start, end: start + found.length, score: full && !/[a-f]|\d{3}/i.test(found) ? 0.4 : 0.9 };
    }
  },
};

const MAC =
  /(?<![\p{L}\p{N}_]|[\p{L}\p{N}][:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\p{L}\p{N}_]|[:.-][\p{L}\p{N}])/giu;

/** EUI-48 addresses (IEEE 802); none that is all zero or all one. */
export const mac: Detector = {
  types: ['mac'],
  needs: /[0-9A-Fa-f]{2}[:.-]/,
  *find({ text }) {
    for (const { index: start, 0: found } of text.matchAll(MAC)) {
      const hex = found.replace(/[:.-]/g, '');
      // Digits only, in pairs, may be something else: 12-11-10-09-08-07.
      const score = /^(?:0+|f+)$/i.test(hex) ? 0.2 : /[a-f]/i.test(hex) || found.includes(':') ? 0.9 : 0.4;
      yield { type: 'mac', start, end: start + found.length, score };
    }
  },
};

const URL_START = /(?<![\p{L}\p{N}_])(?:(?:https?|ftps?|wss?):\/\/|www\.)(?=[\p{L}\p{N}[])/giu;
const URL_REST = /[^\s<>"'`{}|\\^]{1,2048}/uy;

/** Whether the bracket that ends a text was opened before it. */
const isUnopened = (text: string): boolean => {
  const [open, close] = text.endsWith(')') ? ['(', ')'] : ['[', ']'];
  return text.split(close!).length > text.split(open!).length;
};

/** Addresses of pages and files (RFC 3986), without what ends the sentence. */
export const url: Detector = {
  types: ['url'],
  needs: /:\/\/|www\./i,
  *find({ text }) {
    let beyond = 0;
    for (const { index: start, 0: head } of text.matchAll(URL_START)) {
      if (start < beyond) continue;
      URL_REST.lastIndex = start + head.length;
      let rest = URL_REST.exec(text)?.[0] ?? '';
      rest = rest.replace(/[.,;:!?*_~]+$/, '');
      while (/[)\]]$/.test(rest) && isUnopened(rest)) rest = rest.slice(0, -1).replace(/[.,;:!?]+$/, '');
      if (head.toLowerCase() === 'www.' && !rest.includes('.')) continue;
      beyond = start + head.length + rest.length;
      yield { type: 'url', start, end: beyond, score: 0.9 };
    }
  },
};
