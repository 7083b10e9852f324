import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import {
  createWorkspace,
  describeWorkspace,
  forgetSnapshot,
  listSnapshots,
  listWorkspaces,
  removeWorkspace,
  restoreSnapshot,
  setWorkspace,
  type WorkspaceSettings,
} from '#src/platform/workspace-admin.ts';
import {
  archiveWorkspace,
  listFiles,
  readWorkspaceFile,
  removeWorkspaceFile,
  writeWorkspaceFile,
} from '#src/platform/workspace-files.ts';
import { sendFile } from '../answer/send-file.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';
import { saveFile } from '../request/save-file.ts';

const SETTINGS = ['quotaBytes', 'keepSnapshots', 'keepDays'] as const;
const ONE = '/v1/workspaces/:name';
const NUMBER = /^\d{1,15}$/;
type Named = { Params: { name: string } };
type Numbered = { Params: { name: string; number: string } };
type Pathed = { Params: { name: string; '*': string } };

export const workspaceRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/workspaces', async (request, reply) => {
    const made = await createWorkspace(platform, request.headers.authorization, async () => {
      const body = await readJsonObject(request, ['name', ...SETTINGS]);
      return { name: textMember(body, 'name'), settings: settingsOf(body) };
    });
    return reply.code(201).send(made);
  });
  app.get('/v1/workspaces', async ({ headers }) => ({
    workspaces: await listWorkspaces(platform, headers.authorization),
  }));
  app.get<Named>(ONE, ({ headers, params }) => describeWorkspace(platform, headers.authorization, params.name));
  app.patch<Named>(ONE, (request) =>
    setWorkspace(platform, request.headers.authorization, request.params.name, async () =>
      settingsOf(await readJsonObject(request, SETTINGS)),
    ),
  );
  app.delete<Named>(ONE, ({ headers, params }) => removeWorkspace(platform, headers.authorization, params.name));

  app.get<Named>(`${ONE}/files`, async (request) => {
    const { files, next } = await listFiles(platform, request.headers.authorization, request.params.name, {
      path: queryText(request, 'path', 1_024) ?? '',
      after: queryText(request, 'after', 1_024) ?? '',
      deep: queryText(request, 'deep') === 'true',
      snapshot: snapshotOf(request),
    });
    return { files, ...(next !== undefined && { next }) };
  });
  app.get<Pathed>(`${ONE}/files/*`, async (request, reply) => {
    const { name, '*': path } = request.params;
    const file = await readWorkspaceFile(platform, request.headers.authorization, name, path, snapshotOf(request));
    return sendFile(reply, { type: 'file', ...file });
  });
  app.put<Pathed>(`${ONE}/files/*`, async (request, reply) => {
    const { name, '*': path } = request.params;
    const executable = queryText(request, 'executable') === 'true';
    const read = (folder: string, limit: number) =>
      saveFile(folder, request.raw as AsyncIterable<Buffer>, limit, 'The file');
    const put = await writeWorkspaceFile(platform, request.headers.authorization, name, path, executable, read);
    const { isNew, ...info } = put;
    return reply.code(isNew ? 201 : 200).send(info);
  });
  app.delete<Pathed>(`${ONE}/files/*`, ({ headers, params }) =>
    removeWorkspaceFile(platform, headers.authorization, params.name, params['*']),
  );
  app.get<Named>(`${ONE}/archive`, async (request, reply) => {
    const { name } = request.params;
    const file = await archiveWorkspace(platform, request.headers.authorization, name, snapshotOf(request));
    return sendFile(reply, { type: 'file', ...file });
  });

  app.get<Named>(`${ONE}/snapshots`, async ({ headers, params }) => ({
    snapshots: await listSnapshots(platform, headers.authorization, params.name),
  }));
  app.post<Numbered>(`${ONE}/snapshots/:number/restore`, ({ headers, params }) =>
    restoreSnapshot(platform, headers.authorization, params.name, namedNumber(params.number)),
  );
  app.delete<Numbered>(`${ONE}/snapshots/:number`, ({ headers, params }) =>
    forgetSnapshot(platform, headers.authorization, params.name, namedNumber(params.number)),
  );
};

/** Values are looked at where they are used. */
const settingsOf = (body: Readonly<Record<string, unknown>>): Partial<WorkspaceSettings> =>
  Object.fromEntries(SETTINGS.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])));

const numberOf = (text: string): number => {
  if (NUMBER.test(text)) return Number(text);
  throw new CrankError('malformed-request', `"${text.slice(0, 80)}" is no number of a snapshot.`);
};

/** In a path: what is no number is no snapshot, whoever asks. */
const namedNumber = (text: string): number => (NUMBER.test(text) ? Number(text) : -1);

const snapshotOf = (request: FastifyRequest): number | undefined => {
  const text = queryText(request, 'snapshot');
  return text === undefined ? undefined : numberOf(text);
};
