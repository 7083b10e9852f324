import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { deploy } from '#src/platform/deploy.ts';
import type { Platform } from '#src/platform/platform.ts';
import { release } from '#src/platform/quarantine.ts';
import { describeService, listServices, removeService } from '#src/platform/services.ts';
import { readDeployForm } from '../request/deploy-form.ts';
import { queryText } from '../request/query.ts';
import { baseUrl } from '../view/base-url.ts';
import { serviceDetailsView, serviceView } from '../view/service-view.ts';
import { demandOwnAccount, type ServiceParams, servicePrefixes } from './own-account.ts';

type Request = FastifyRequest<{ Params: ServiceParams }>;

/** Deploying, listing and removing services. */
export const serviceRoutes = (app: FastifyInstance, platform: Platform): void => {
  app.post('/v1/services', async (request, reply) => {
    const { authorization } = request.headers;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const deployed = await deploy(platform, {
      authorization,
      read: () => readDeployForm(request.raw),
      signal: gone.signal,
    });
    const { created, service: name, receipt } = deployed;
    return reply
      .code(created ? 201 : 200)
      .header('location', `/v1/services/${name}`)
      .send({
        ...serviceView({ ...deployed, name }, baseUrl(request)),
        created,
        aliases: deployed.aliases,
        receipt: receipt ?? null,
      });
  });

  app.get('/v1/services', async (request) => {
    const { services, cursor } = await listServices(
      platform,
      request.headers.authorization,
      queryText(request, 'cursor'),
    );
    const base = baseUrl(request);
    return {
      services: services.map((service) => ({ ...serviceView(service, base), created: service.created })),
      cursor,
    };
  });

  for (const prefix of servicePrefixes) {
    app.get(prefix, async (request: Request) => {
      await demandOwnAccount(platform, request);
      const { service } = request.params;
      const described = await describeService(
        platform,
        request.headers.authorization,
        service,
        queryText(request, 'version'),
      );
      return { ...serviceDetailsView(described, baseUrl(request)), created: described.created };
    });
    app.delete(prefix, async (request: Request) => {
      await demandOwnAccount(platform, request);
      return removeService(platform, request.headers.authorization, request.params.service);
    });
    app.delete(`${prefix}/-/quarantine`, async (request: Request) => {
      await demandOwnAccount(platform, request);
      const version = queryText(request, 'version');
      if (version === undefined)
        throw new CrankError('malformed-request', 'Say which version to release: `?version=`.');
      return release(platform, request.headers.authorization, request.params.service, version);
    });
  }
};
