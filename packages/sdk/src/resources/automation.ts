import { type Api, allPages, type Body, type Query } from '../api.ts';

export const schedulesOf = (api: Api) => ({
  create: (body: Body<'createSchedule'>) => api('createSchedule', { body }),
  list: async () => (await api('listSchedules')).schedules,
  describe: (id: string) => api('describeSchedule', { path: { id } }),
  runs: (id: string) => allPages('runs', (cursor) => api('listScheduleRuns', { path: { id }, query: { cursor } })),
  pause: (id: string) => api('pauseSchedule', { path: { id } }),
  resume: (id: string) => api('resumeSchedule', { path: { id } }),
  run: (id: string) => api('runSchedule', { path: { id } }),
  remove: (id: string) => api('removeSchedule', { path: { id } }),
});

export const webhooksOf = (api: Api) => ({
  /** Its secret is shown this once. */
  create: (body: Body<'createWebhook'>) => api('createWebhook', { body }),
  list: async () => (await api('listWebhooks')).webhooks,
  describe: (id: string) => api('describeWebhook', { path: { id } }),
  deliveries: async (id: string) => (await api('listDeliveries', { path: { id } })).deliveries,
  remove: (id: string) => api('removeWebhook', { path: { id } }),
});

/** Encrypted folders of the account. */
export const workspacesOf = (api: Api) => ({
  create: (body: Body<'createWorkspace'>) => api('createWorkspace', { body }),
  list: async () => (await api('listWorkspaces')).workspaces,
  describe: (name: string) => api('describeWorkspace', { path: { name } }),
  set: (name: string, body: Body<'setWorkspace'>) => api('setWorkspace', { path: { name }, body }),
  remove: (name: string) => api('removeWorkspace', { path: { name } }),
  /** A page of what is in a folder of it. */
  files: (name: string, query: Query<'listWorkspaceFiles'> = {}) =>
    api('listWorkspaceFiles', { path: { name }, query }),
  get: (name: string, path: string, snapshot?: number) =>
    api('getWorkspaceFile', { path: { name, path }, query: { snapshot: snapshot?.toString() } }),
  put: (name: string, path: string, content: Body<'putWorkspaceFile'>, executable = false) =>
    api('putWorkspaceFile', {
      path: { name, path },
      query: { executable: executable ? 'true' : undefined },
      body: typeof content === 'string' ? new Blob([content]) : content,
    }),
  removeFile: (name: string, path: string) => api('removeWorkspaceFile', { path: { name, path } }),
  /** All of it, as a tar archive. */
  archive: (name: string, snapshot?: number) =>
    api('archiveWorkspace', { path: { name }, query: { snapshot: snapshot?.toString() } }),
  snapshots: (name: string) => api('listSnapshots', { path: { name } }),
  restore: (name: string, number: number) => api('restoreSnapshot', { path: { name, number: String(number) } }),
  forget: (name: string, number: number) => api('forgetSnapshot', { path: { name, number: String(number) } }),
});
