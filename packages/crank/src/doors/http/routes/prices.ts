import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from '#src/platform/platform.ts';
import { listPrices, removePrice, setPrice } from '#src/platform/prices/price-admin.ts';
import { describeTerms, makeQuote, quoteSeconds } from '#src/platform/prices/quotes.ts';
import { readJsonObject, textMember } from '../request/json-body.ts';
import { readPriceWish } from '../request/price-wish.ts';
import { queryText } from '../request/query.ts';
import { demandOwnAccount, type ServiceParams, servicePrefixes } from './own-account.ts';

type Asked = FastifyRequest<{ Params: ServiceParams & { price?: string } }>;

const MOST_BYTES = 1e12;

const wholeIn = (value: unknown, name: string, most: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most) return value;
  const message = `must be a whole number from 1 to ${most}`;
  throw new CrankError('invalid-input', `The member "${name}" ${message}.`, {
    errors: [{ pointer: `/${name}`, message }],
  });
};

/** What services charge, and what a call would cost. */
export const priceRoutes = (app: FastifyInstance, platform: Platform): void => {
  const own =
    <T>(run: (request: Asked, authorization: string | undefined, service: string) => Promise<T>) =>
    async (request: FastifyRequest): Promise<T> => {
      const asked = request as Asked;
      await demandOwnAccount(platform, asked);
      return run(asked, asked.headers.authorization, asked.params.service);
    };
  for (const prefix of servicePrefixes) {
    app.get(
      `${prefix}/-/prices`,
      own(async (_, who, service) => ({ prices: await listPrices(platform, who, service) })),
    );
    app.post(`${prefix}/-/prices`, async (request, reply) => {
      const set = own((asked, who, service) =>
        setPrice(platform, who, service, async () =>
          readPriceWish(await readJsonObject(asked, ['version', 'account', 'from', 'items'])),
        ),
      );
      return reply.code(201).send(await set(request));
    });
    app.delete(
      `${prefix}/-/prices/:price`,
      own(({ params }, who, service) => removePrice(platform, who, service, params.price!)),
    );
    app.get(`${prefix}/-/quote`, (request) => {
      const { params, headers } = request as Asked;
      const at = { account: params.account, service: params.service };
      return describeTerms(platform, headers.authorization, at, {
        operation: queryText(request, 'operation'),
        version: queryText(request, 'version'),
        inputBytes: undefined,
      });
    });
    app.post(`${prefix}/-/quote`, async (request, reply) => {
      const { params, headers } = request as Asked;
      const at = { account: params.account, service: params.service };
      const quote = await makeQuote(platform, headers.authorization, at, async () => {
        const body = await readJsonObject(request, ['operation', 'version', 'inputBytes', 'seconds']);
        const { operation, version, inputBytes, seconds = quoteSeconds.standard } = body;
        return {
          operation: operation === undefined ? undefined : textMember(body, 'operation'),
          version: version === undefined ? undefined : textMember(body, 'version'),
          inputBytes: inputBytes === undefined ? undefined : wholeIn(inputBytes, 'inputBytes', MOST_BYTES),
          seconds: wholeIn(seconds, 'seconds', quoteSeconds.most),
        };
      });
      return reply.code(201).send(quote);
    });
  }
};
