import { type FileHandle, open, rm } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import type { Answer } from '#src/platform/call-answer.ts';
import { attachment } from './content-disposition.ts';

/** A client that takes nothing for this long has left. */
const STALLED_MS = 60_000;
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}(?:; ?[\w-]{1,32}=[\w.-]{1,64})?$/;

/** Headers that go with a file: it is a stranger's. */
export const fileHeaders = (name: string, contentType: string): Record<string, string> => ({
  'content-type': MEDIA_TYPE.test(contentType) ? contentType : 'application/octet-stream',
  'content-disposition': attachment(name),
  'content-security-policy': "default-src 'none'; sandbox",
});

/** Sends a file result. Its name is taken away before the first byte goes out, so that nothing stays however this ends. */
export const sendFile = async (reply: FastifyReply, file: Answer & { type: 'file' }): Promise<FastifyReply> => {
  let handle: FileHandle;
  try {
    handle = await open(file.path);
  } finally {
    await rm(file.path, { force: true });
  }
  const { raw } = reply;
  raw.setTimeout(STALLED_MS, () => raw.destroy());
  return reply
    .headers({ ...fileHeaders(file.name, file.contentType), 'content-length': String(file.size) })
    .send(handle.createReadStream({ autoClose: true }));
};
