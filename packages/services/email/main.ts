/** CrankEmail: archives of mail, read, indexed, searched, analysed and exported. docs/email.md */

export { ingest, sources } from './operations/archives.ts';
export { export_mail, pdf } from './operations/exports.ts';
export { attachment, attachment_text, attachments, message, thread } from './operations/messages.ts';
export { parse } from './operations/parse.ts';
export { search } from './operations/search.ts';
export { report, stats } from './operations/statistics.ts';
