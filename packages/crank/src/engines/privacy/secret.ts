import { wordsOf } from './context.ts';
import type { Detector, Finding } from './finding.ts';

const L = '(?<![\\p{L}\\p{N}_])';
const R = '(?![\\p{L}\\p{N}_])';

/** Tokens that their issuers gave a form of their own, each as its issuer documents it. */
const issued = new RegExp(
  `${L}(?:${[
    '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}', // AWS access key id
    'gh[pousr]_[A-Za-z0-9]{36,251}', // GitHub
    'github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}',
    'glpat-[A-Za-z0-9_-]{20,64}', // GitLab
    'xox[abeoprs]-[A-Za-z0-9-]{10,250}', // Slack
    'xapp-\\d-[A-Z0-9]{8,16}-\\d{8,16}-[a-f0-9]{64}',
    '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,247}', // Stripe
    'whsec_[A-Za-z0-9+/=]{24,88}', // Stripe, Standard Webhooks
    'AIza[A-Za-z0-9_-]{35}', // Google API
    'GOCSPX-[A-Za-z0-9_-]{28}',
    'ya29\\.[A-Za-z0-9_-]{20,512}',
    'sk-(?:proj-|svcacct-|ant-[a-z0-9]{1,12}-)?[A-Za-z0-9_-]{32,200}', // OpenAI, Anthropic
    'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}', // SendGrid
    'npm_[A-Za-z0-9]{36}',
    'pypi-AgE[A-Za-z0-9_-]{50,250}',
    'hf_[A-Za-z0-9]{34}', // Hugging Face
    'dop_v1_[a-f0-9]{64}', // DigitalOcean
    'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}', // Shopify
    'hvs\\.[A-Za-z0-9_-]{24,200}', // HashiCorp Vault
    'dckr_pat_[A-Za-z0-9_-]{27}', // Docker
    'PMAK-[a-f0-9]{24}-[a-f0-9]{34}', // Postman
    'crk_[A-Za-z0-9_-]{20,100}',
  ].join('|')})${R}`,
  'gu',
);

const TELEGRAM = /(?<![\p{L}\p{N}_])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![\p{L}\p{N}_-])/gu;
const SLACK_HOOK = /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/_-]{20,120}/gu;
const AWS_SECRET = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/gu;
const awsNear = wordsOf(['aws\\p{L}*', 'secret ?access ?key', 'secret_access_key', 'aws_secret_access_key']);
const JWT =
  /(?<![\p{L}\p{N}_.-])eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{2,8192}\.[A-Za-z0-9_-]{0,2048}(?![\p{L}\p{N}_-])/gu;
const PEM_BEGIN = /-----BEGIN ((?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?)-----(?=\s|\\[nr])/g;
/** Longer than any key that people have. */
const MAX_PEM = 16_384;
const PASSWORD_IN_URL =
  /(?<![\p{L}\p{N}_])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/?#"'<>]{0,128}:([^\s:@/?#"'<>]{1,256})@(?=[\p{L}\p{N}[])/giu;
/** Stands for a password in documentation. */
const PLACEHOLDER = /^(?:[$%{*[<].*|pass(?:word|wd)?|pwd|secret|x+|\.+|your.?pass(?:word)?)$/i;
const ASSIGNED =
  /(?<![\p{L}\p{N}])(?:[a-z0-9]{1,20}[_-]){0,4}(api[_ -]?keys?|access[_-]?keys?|secrets?(?:[_-]?keys?)?|client[_-]secret|(?:access|auth|refresh|bearer|api)[_-]?tokens?|tokens?|passwords?|passwd|passphrase|pwd|private[_-]?key)["']?(?: ?(?:=>|:=|[:=]) ?|\s+is\s+)(?:"([^"\s]{6,200})"|'([^'\s]{6,200})'|([^\s"'`,;<>(){}[\]]{6,200}))/giu;
/** A password in a sentence: quoted or not, but of three kinds of characters, as no word is. */
const SAID =
  /(?<![\p{L}\p{N}])(?:password|passwd|passphrase|passcode|passwort|kennwort|contraseña|mot de passe)s?(?: is| was|:)? {1,2}(?:"([^"\s]{6,64})"|'([^'\s]{6,64})'|([^\s"'`<>(){}[\]]{6,64}))/giu;
const BEARER = /(?<![\p{L}\p{N}])(?:bearer|basic) ([A-Za-z0-9._~+/-]{16,4096}={0,2})(?![\p{L}\p{N}_])/giu;

/** Shannon's entropy, bits a character. */
const entropy = (text: string): number => {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
};

/** `typing.Optional`, `os.environ`: what gives a secret and is none. */
const CODE = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?![\w@!#$%^&*-])/;

/** Whether a value that is called a secret is one and not a word, a placeholder or an expression. */
const isRandom = (value: string): boolean =>
  !CODE.test(value) &&
  !/^(?:[$%{<]|\*+$|x+$|process\.|os\.|env\.|self\.|this\.|https?:|\.{0,2}\/)/i.test(value) &&
  /\d/.test(value) &&
  /[A-Za-z]/.test(value) &&
  entropy(value) >= (value.length < 12 ? 2.5 : 3);

const isPassword = (value: string): boolean =>
  [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length >= 3 &&
  !CODE.test(value) &&
  !/^[$%{<]|:\/\/|^[\d.:/-]+$/.test(value);

const isJwt = (token: string): boolean => {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());
    return typeof header === 'object' && header !== null && ('alg' in header || 'enc' in header || 'typ' in header);
  } catch {
    return false;
  }
};

const assigned = function* (text: string): Iterable<Finding> {
  for (const match of text.matchAll(ASSIGNED)) {
    const value = (match[2] ?? match[3] ?? match[4])!.replace(/[.:!?]+$/, '');
    const start = match.index + match[0].lastIndexOf(value);
    // `password = md5(...)`: what comes of a call.
    if (match[4] !== undefined && text[match.index + match[0].length] === '(') continue;
    const isPassword = /^pass|^pwd/i.test(match[1]!);
    if (isRandom(value))
      yield { type: 'secret', start, end: start + value.length, score: isPassword || value.length >= 16 ? 0.75 : 0.5 };
  }
};

const said = function* (text: string): Iterable<Finding> {
  for (const match of text.matchAll(SAID)) {
    const value = (match[1] ?? match[2] ?? match[3])!.replace(/[.,;:?]+$/, '');
    const start = match.index + match[0].lastIndexOf(value);
    if (value.length >= 6 && isPassword(value)) yield { type: 'secret', start, end: start + value.length, score: 0.6 };
  }
};

/** Keys, tokens, passwords: of known issuers by their forms, others by what they are called and how random they are. */
export const secret: Detector = {
  types: ['secret'],
  needs: /[^\s]{5}/,
  *find(subject) {
    const { text } = subject;
    const whole = (pattern: RegExp, score = 0.95): Finding[] =>
      Array.from(text.matchAll(pattern), ({ index, 0: found }) => ({
        type: 'secret',
        start: index,
        end: index + found.length,
        score,
      }));
    yield* whole(issued);
    yield* whole(TELEGRAM, 0.9);
    yield* whole(SLACK_HOOK);
    for (const found of whole(JWT)) if (isJwt(text.slice(found.start, found.end))) yield found;
    for (const found of whole(AWS_SECRET, 0.9)) if (subject.near(found.start, found.end, awsNear)) yield found;
    for (const { index: start, 0: begin, 1: label } of text.matchAll(PEM_BEGIN)) {
      const mark = `-----END ${label}-----`;
      const close = text.slice(start, start + MAX_PEM).indexOf(mark);
      const end = close < 0 ? Math.min(text.length, start + MAX_PEM) : start + close + mark.length;
      if (end - start > begin.length + mark.length) yield { type: 'secret', start, end, score: 0.95 };
    }
    for (const match of text.matchAll(PASSWORD_IN_URL)) {
      const end = match.index + match[0].length - 1;
      yield { type: 'secret', start: end - match[1]!.length, end, score: PLACEHOLDER.test(match[1]!) ? 0.2 : 0.96 };
    }
    for (const match of text.matchAll(BEARER)) {
      const start = match.index + match[0].lastIndexOf(match[1]!);
      if (isRandom(match[1]!)) yield { type: 'secret', start, end: start + match[1]!.length, score: 0.85 };
    }
    yield* assigned(text);
    yield* said(text);
    if (
      /(?:password|passwd|secret|token|api ?key|private key)/.test(subject.context) &&
      text.length >= 8 &&
      text.length <= 4096 &&
      !/\s/.test(text) &&
      isRandom(text)
    )
      yield { type: 'secret', start: 0, end: text.length, score: 0.8 };
  },
};
