import type { Json } from '#src/core/service.ts';
import { errors } from './components.ts';
import { parameterExamples, requestExamples } from './request-examples.ts';

interface Parameter {
  name: string;
  schema?: object;
}
interface Operation {
  operationId: string;
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, { example?: Json }> };
  responses: Record<string, object>;
}
type Item = Readonly<Record<string, object>>;

/**
 * What any request may meet, whatever it asks for: a form that is none (400), a host or page that may not ask (403), more headers
 * than are read (413), our own failure (500), a node that stops (503).
 */
const ANY = errors(400, 403, 413, 500, 503);

/** A path item with what is true of every operation: how any may fail, and an example of what it takes. */
export const complete = (item: Item): Item =>
  Object.fromEntries(
    Object.entries(item).map(([method, part]) => [
      method,
      method === 'parameters' ? (part as Parameter[]).map(withExample) : completed(part as Operation),
    ]),
  );

const completed = (operation: Operation): Operation => ({
  ...operation,
  ...(operation.parameters && { parameters: operation.parameters.map(withExample) }),
  ...(operation.requestBody && { requestBody: bodyWithExample(operation.requestBody, operation.operationId) }),
  responses: { ...ANY, ...operation.responses },
});

const withExample = <P extends Parameter | { $ref: string }>(parameter: P): P =>
  'name' in parameter && parameter.name in parameterExamples && !('example' in parameter)
    ? { ...parameter, example: parameterExamples[parameter.name] }
    : parameter;

const bodyWithExample = (
  body: NonNullable<Operation['requestBody']>,
  id: string,
): NonNullable<Operation['requestBody']> => {
  const example = requestExamples[id];
  if (example === undefined) return body;
  const content = Object.entries(body.content).map(([type, media]) => [
    type,
    type === 'multipart/form-data' || media.example !== undefined ? media : { ...media, example },
  ]);
  return { ...body, content: Object.fromEntries(content) };
};
