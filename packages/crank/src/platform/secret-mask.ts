import { createReadStream } from 'node:fs';

/** What stands where a secret was. */
const MASK = '***';
/** Shorter forms of a secret are not looked for: they would be found where it is not. */
const SHORTEST = 8;
/** A text that was cut in the middle of a secret has at least this much of it at its end, or too little to matter. */
const SHORTEST_PART = 6;

/** Finds secrets, as they are and in the encodings in which they usually leak. */
export interface Mask {
  /** @param cut whether the text may begin or end in the middle of one */
  text(text: string, cut?: boolean): string;
  /** The same within the strings of a JSON text, and its numbers; untouched where there is none. */
  json(json: Uint8Array): Uint8Array;
  /** Whether a file has one. */
  isIn(path: string): Promise<boolean>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @param values at least 8 bytes each */
export const maskOf = (values: readonly string[]): Mask => {
  const forms = [...new Set(values.flatMap(formsOf))]
    .filter((form) => form.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  const digits = forms.filter((form) => /^[-+.\deE]+$/.test(form));

  const whole = (text: string): string => {
    let masked = text;
    for (const form of forms) if (masked.includes(form)) masked = masked.replaceAll(form, MASK);
    return masked;
  };

  /** Takes out what begins a secret at the end of a text, and what ends one at its beginning. */
  const parts = (text: string): string => {
    let [from, to] = [0, text.length];
    const end = text.replace(/…$/, '');
    const [head, tail] = [text.slice(0, SHORTEST_PART), end.slice(-SHORTEST_PART)];
    for (const form of tail.length < SHORTEST_PART ? [] : forms) {
      for (let at = form.indexOf(tail); at >= 0; at = form.indexOf(tail, at + 1)) {
        const length = at + SHORTEST_PART;
        if (end.endsWith(form.slice(0, length))) to = Math.min(to, end.length - length);
      }
      for (let at = form.indexOf(head); at >= 0; at = form.indexOf(head, at + 1)) {
        if (text.startsWith(form.slice(at))) from = Math.max(from, form.length - at);
      }
    }
    if (from === 0 && to === text.length) return text;
    return `${from > 0 ? MASK : ''}${text.slice(from, Math.max(from, to))}${to < text.length ? MASK : ''}`;
  };

  const token = (text: string): string => {
    if (!text.startsWith('"')) {
      if (digits.length === 0) return text;
      return text.replace(/-?\d[-+.\deE]*/g, (number) =>
        digits.some((form) => number.includes(form)) ? `"${MASK}"` : number,
      );
    }
    let value: string;
    try {
      value = JSON.parse(text) as string;
    } catch {
      return whole(text);
    }
    const masked = whole(value);
    return masked === value ? text : JSON.stringify(masked);
  };

  return {
    text: (text, cut = false) => (cut ? parts(whole(text)) : whole(text)),
    json: (json) => {
      let text: string;
      try {
        text = utf8.decode(json);
      } catch {
        return json; // it is refused for that
      }
      // Without escapes, what is in a string stands in the text as it is.
      if (!text.includes('\\') && !forms.some((form) => text.includes(form))) return json;
      const masked = text.replace(/"(?:[^"\\]|\\.)*"|[^"]+/gs, token);
      return masked === text ? json : Buffer.from(masked);
    },
    isIn: async (path) => {
      const longest = forms[0]?.length ?? 0;
      let before = '';
      const latin1 = forms.map((form) => Buffer.from(form).toString('latin1'));
      for await (const chunk of createReadStream(path, { encoding: 'latin1', highWaterMark: 2 ** 20 })) {
        const text = before + (chunk as string);
        if (latin1.some((form) => text.includes(form))) return true;
        before = text.slice(-4 * longest);
      }
      return false;
    },
  };
};

/** A secret as it may turn up: itself and its lines, escaped for JSON, Python, URLs and HTML, in hexadecimal and base64. */
const formsOf = (value: string): string[] => {
  const bytes = Buffer.from(value);
  const within = (text: string): string => JSON.stringify(text).slice(1, -1);
  const json = within(value);
  const ascii = json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const hex = bytes.toString('hex');
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 2 * SHORTEST);
  return [
    ...[value, ...lines, json, ascii, within(json), within(ascii)],
    ...[pythonText(value, "'"), pythonText(value, '"')],
    ...urlForms(bytes),
    ...[hex, hex.toUpperCase()],
    ...base64Forms(bytes),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
};

/** As `repr` writes a text, without the quotes. */
const pythonText = (value: string, quote: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(quote, `\\${quote}`);

/** Percent-encoded (RFC 3986, and as forms are), with either case of digits, by what encoders leave as it is. */
const urlForms = (bytes: Buffer): string[] =>
  [/[\w.~-]/, /[\w.~/-]/, /[\w.~!'()*-]/, /[\w.*-]/, /[\w.~;,/?:@&=+$!'()*#-]/].flatMap((safe) => {
    const upper = [...bytes]
      .map((byte) => {
        const character = String.fromCharCode(byte);
        return byte < 128 && safe.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      })
      .join('');
    const lower = upper.replace(/%../g, (byte) => byte.toLowerCase());
    return [upper, lower].flatMap((form) => [form, form.replaceAll('%20', '+')]);
  });

/** Base64 (RFC 4648) of the bytes alone and in the middle of others: what the three ways in which they can stand there share. */
const base64Forms = (bytes: Buffer): string[] =>
  [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const open = encoded.replace(/=+$/, '');
    const sure = open.slice([0, 2, 3][shift], (shift + bytes.length) % 3 === 0 ? undefined : -1);
    const url = sure.replaceAll('+', '-').replaceAll('/', '_');
    return shift === 0 ? [encoded, open, open.replaceAll('+', '-').replaceAll('/', '_'), sure, url] : [sure, url];
  });
