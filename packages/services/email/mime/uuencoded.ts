import type { Attachment } from './message.ts';
import { sniff } from './sniff.ts';
import { decodeUuencode } from './transfer-encoding.ts';

const BLOCK = /^begin [0-7]{3,4} ([^\n]{1,255})\n((?:[\x20-\x60]{1,90}\n)+?)(?:`|)\n?end[ \t]*$/gm;

/** Takes files that a body holds in uuencode out of it. @returns the text without them */
export const takeUuencoded = (text: string, attachments: Attachment[]): string => {
  if (!/^begin [0-7]{3,4} /m.test(text) || !/^end[ \t]*$/m.test(text)) return text;
  return text.replace(BLOCK, (_, name: string, coded: string) => {
    const content = decodeUuencode(coded);
    const detected = sniff(content);
    attachments.push({
      name: name.replace(/^.*[/\\]/, '').trim(),
      type: 'application/octet-stream',
      ...(detected !== undefined && { detected }),
      disposition: 'attachment',
      content,
    });
    return '';
  });
};
