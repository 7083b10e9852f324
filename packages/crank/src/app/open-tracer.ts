import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { noTracer, type Tracer } from '#src/engines/telemetry/tracer.ts';
import type { OtelConfig } from './otel-config.ts';
import { version } from './version.ts';

/** The tracer that the settings ask for; its parts are loaded only where they do. */
export const openTracer = async (config: OtelConfig | undefined, node: string, log: Logger): Promise<Tracer> => {
  if (config === undefined) return noTracer;
  const [{ createTracer }, { samplerOf }, { SpanExporter }] = await Promise.all([
    import('#src/engines/telemetry/tracer.ts'),
    import('#src/engines/telemetry/sampler.ts'),
    import('#src/engines/telemetry/span-exporter.ts'),
  ]);
  const { serviceName, attributes, sampler, ratio } = config;
  const resource = {
    'service.name': serviceName ?? 'crank',
    'service.version': version,
    'service.instance.id': node,
    'host.name': hostname(),
    ...attributes,
    ...(serviceName && { 'service.name': serviceName }), // which wins over the attributes
  };
  const exporter = new SpanExporter(
    { resource, scope: { name: 'crank', version } },
    { ...config, warn: (message, fields) => log.warn(fields, message) },
  );
  return createTracer(samplerOf(sampler, ratio), exporter);
};
