import type { JsonSchema } from '#src/core/service.ts';
import { errors, ref } from './components.ts';
import { inPath, json, ok, open, plain, query, refused, refusedOrNone } from './path-parts.ts';

const texts = (...names: readonly string[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  required: [...names],
});

const rotation: JsonSchema = {
  type: 'object',
  properties: {
    from: { type: 'string', description: 'Verifier key until now.' },
    to: { type: 'string', description: 'Verifier key from now on.' },
    receipt: { type: 'string', description: 'Id of the receipt of the hand-over.' },
    index: { type: 'integer', description: 'The last entry that the old key signed.' },
  },
  required: ['from', 'to', 'receipt', 'index'],
};

/** The transparency log, who watches it, and its key. */
export const logPaths = {
  '/log/checkpoint': {
    get: {
      operationId: 'logCheckpoint',
      tags: ['log'],
      summary: "The log's signed head (C2SP checkpoint)",
      ...open,
      responses: { '200': plain('The checkpoint.'), ...errors(404) },
    },
  },
  '/log/vkey': {
    get: {
      operationId: 'logKey',
      tags: ['log'],
      summary: "The log's verifier key (C2SP signed-note)",
      ...open,
      responses: { '200': plain('The key.') },
    },
  },
  '/log/tile/{tile}': {
    parameters: [inPath('tile')],
    get: {
      operationId: 'logTile',
      tags: ['log'],
      summary: 'A tile of the log (C2SP tlog-tiles); the path has further components',
      ...open,
      responses: { '200': plain('The tile.', 'application/octet-stream'), ...errors(404) },
    },
  },
  '/log/vkeys': {
    get: {
      operationId: 'logKeys',
      tags: ['log'],
      summary: 'All verifier keys that the log has had, the one in use first',
      ...open,
      responses: { '200': plain('Keys, one a line.') },
    },
  },
  '/log/handovers': {
    get: {
      operationId: 'logHandovers',
      tags: ['log'],
      summary: "Receipts of the log's changes of key, one a line: with one key pinned they vouch for the others",
      ...open,
      responses: { '200': plain('Receipt files, one a line.', 'application/x-ndjson') },
    },
  },
  '/log/witnessed': {
    get: {
      operationId: 'logWitnessed',
      tags: ['log'],
      summary: 'The newest signed head that witnesses cosigned (C2SP tlog-cosignature)',
      ...open,
      responses: { '200': plain('The checkpoint, with cosignatures.'), ...errors(404) },
    },
  },
  '/v1/log/rotate-key': {
    post: {
      operationId: 'rotateLogKey',
      tags: ['log'],
      summary: 'Hand the log over to a new signing key; old receipts keep verifying',
      responses: { '200': ok('The keys, and where the hand-over stands.', rotation), ...errors(401, 403, 429, 503) },
    },
  },
  '/v1/log/witnesses': {
    get: {
      operationId: 'listWitnesses',
      tags: ['log'],
      summary: "Witnesses of the node's log, logs that it is a witness of, and alarms",
      responses: { '200': ok('Who watches whom.', { type: 'object' }), ...refused },
    },
    post: {
      operationId: 'askWitness',
      tags: ['log'],
      summary: "Have a witness cosign the node's log",
      requestBody: { required: true, ...json(texts('vkey', 'url')) },
      responses: { '200': ok('Asked from now on.', ref('Done')), ...errors(400, 401, 403, 413, 415, 422, 429) },
    },
    delete: {
      operationId: 'dropWitness',
      tags: ['log'],
      summary: 'Ask a witness no more',
      parameters: [query('vkey', 'Verifier key of the witness.')],
      responses: { '200': ok('Done.', ref('Done')), ...refusedOrNone },
    },
  },
  '/v1/log/witnessed': {
    post: {
      operationId: 'serveLog',
      tags: ['log'],
      summary: 'Make the node a witness of a log, or tell it another key of one',
      requestBody: { required: true, ...json(texts('vkey')) },
      responses: { '200': ok('From now on.', ref('Done')), ...errors(400, 401, 403, 413, 415, 422, 429) },
    },
    delete: {
      operationId: 'leaveLog',
      tags: ['log'],
      summary: 'Be a witness of a log no more; what was cosigned is remembered',
      parameters: [query('origin', 'Name of the log.')],
      responses: { '200': ok('Done.', ref('Done')), ...refusedOrNone },
    },
  },
  '/witness/vkey': {
    get: {
      operationId: 'witnessKey',
      tags: ['witness'],
      summary: "The node's verifier key as a witness",
      ...open,
      responses: { '200': plain('The key.') },
    },
  },
  '/witness/add-checkpoint': {
    post: {
      operationId: 'addCheckpoint',
      tags: ['witness'],
      summary: 'Ask for a cosignature (C2SP tlog-witness)',
      ...open,
      requestBody: { required: true, content: { 'text/plain': { schema: { type: 'string' } } } },
      responses: {
        '200': plain('Signature lines.'),
        '400': plain('Not in its form.'),
        '403': plain('Not signed by a key of the log.'),
        '404': plain('A log that the node is no witness of.'),
        '409': plain('The size that was cosigned last.', 'text/x.tlog.size'),
        '422': plain('The proof does not hold.'),
        ...errors(413),
      },
    },
  },
  '/witness/{hash}/checkpoint': {
    parameters: [{ ...inPath('hash'), description: "SHA-256 of the log's origin, hexadecimal." }],
    get: {
      operationId: 'witnessedCheckpoint',
      tags: ['witness'],
      summary: 'The newest checkpoint of a log that the node cosigned',
      ...open,
      responses: { '200': plain('The checkpoint, with the cosignature.'), ...errors(404) },
    },
  },
} as const;
