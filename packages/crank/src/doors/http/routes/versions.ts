import type { FastifyInstance, FastifyRequest } from 'fastify';
import { deleteAlias, listAliases, setAlias } from '#src/platform/aliases.ts';
import { abortCanary, describeCanary, promoteCanary, setCanary } from '#src/platform/canary.ts';
import type { Platform } from '#src/platform/platform.ts';
import { rollback } from '#src/platform/rollback.ts';
import { describeVersion, listVersions, removeVersion } from '#src/platform/versions.ts';
import { readCanaryWish } from '../request/canary-wish.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { queryText } from '../request/query.ts';
import { demandOwnAccount, type ServiceParams, servicePrefixes } from './own-account.ts';

type Asked = FastifyRequest<{ Params: ServiceParams & { version?: string; alias?: string } }>;

/** Versions of a service and what names them: aliases, rollback, canary. */
export const versionRoutes = (app: FastifyInstance, platform: Platform): void => {
  const own =
    <T>(run: (request: Asked, authorization: string | undefined, service: string) => Promise<T>) =>
    async (request: FastifyRequest): Promise<T> => {
      const asked = request as Asked;
      await demandOwnAccount(platform, asked);
      return run(asked, asked.headers.authorization, asked.params.service);
    };
  for (const prefix of servicePrefixes) {
    app.get(
      `${prefix}/-/versions`,
      own((request, who, service) => listVersions(platform, who, service, queryText(request, 'cursor'))),
    );
    app.get(
      `${prefix}/-/versions/:version`,
      own(({ params }, who, service) => describeVersion(platform, who, service, params.version!)),
    );
    app.delete(
      `${prefix}/-/versions/:version`,
      own(({ params }, who, service) => removeVersion(platform, who, service, params.version!)),
    );
    app.get(
      `${prefix}/-/aliases`,
      own(async (_, who, service) => ({ aliases: await listAliases(platform, who, service) })),
    );
    app.put(
      `${prefix}/-/aliases/:alias`,
      own(async (request, who, service) => {
        const body = await readJsonObject(request, ['version']);
        return setAlias(platform, who, service, request.params.alias!, textMember(body, 'version'));
      }),
    );
    app.delete(
      `${prefix}/-/aliases/:alias`,
      own(({ params }, who, service) => deleteAlias(platform, who, service, params.alias!)),
    );
    app.post(
      `${prefix}/-/rollback`,
      own(async (request, who, service) => {
        const isEmpty = request.headers['content-type'] === undefined;
        const body = isEmpty ? {} : await readJsonObject(request, ['version']);
        const version = 'version' in body ? textMember(body, 'version') : undefined;
        return rollback(platform, who, service, version);
      }),
    );
    app.get(
      `${prefix}/-/canary`,
      own(async (_, who, service) => ({ canary: await describeCanary(platform, who, service) })),
    );
    app.put(
      `${prefix}/-/canary`,
      own(async (request, who, service) => {
        const body = await readJsonObject(request, ['version', 'share', 'by', 'autoAbort']);
        return setCanary(platform, who, service, textMember(body, 'version'), readCanaryWish(body));
      }),
    );
    app.delete(
      `${prefix}/-/canary`,
      own((_, who, service) => abortCanary(platform, who, service)),
    );
    app.post(
      `${prefix}/-/canary/promote`,
      own((_, who, service) => promoteCanary(platform, who, service)),
    );
  }
};
