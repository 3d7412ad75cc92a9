import type { FastifyInstance, FastifyRequest } from 'fastify';
import { encodeBase64, parseBase64 } from '../../shared/encoding.ts';
import { TransportError } from '../../shared/errors.ts';
import type {
  DeriveKeyOptions,
  FixedInfo,
  KdfHash,
  KeyDerivation,
} from '../../shared/kdf/index.ts';
import type { Logger } from '../../shared/log.ts';
import type { KeyBroker } from '../broker/index.ts';
import type { Caller, Callers } from '../callers/index.ts';
import type { EnclaveConfig } from '../config.ts';
import type { Connections } from '../connections.ts';
import { createSlots } from '../endpoint/slots.ts';
import type { EnclaveMetrics } from '../metrics.ts';
import { bodyBytes, readJson } from './app.ts';
import { deriveKeyRoute } from './derive-key-route.ts';
import { problemOf } from './problem.ts';

export interface DeriveKeyRouteOptions {
  /** Of the configuration. */
  readonly keys: EnclaveConfig['keys'];
  readonly callers: Pick<Callers, 'authenticate' | 'authorize'>;
  readonly broker: Pick<KeyBroker, 'deriveSharedSecret'>;
  readonly connections: Connections;
  /** Derivations at once; those beyond are refused. */
  readonly maxConcurrent: number;
  readonly metrics: EnclaveMetrics;
  readonly logger: Logger;
}

/** What the schema of the route lets through. */
interface DeriveKeyBody {
  readonly key: string;
  readonly publicKey: string;
  readonly kdf: {
    readonly kind: KeyDerivation['kind'];
    readonly hash: KdfHash;
    readonly salt?: string;
  };
  readonly fixedInfo: Readonly<Record<'algorithmId' | 'partyU' | 'partyV', string>> & {
    readonly suppPubInfo?: string;
  };
  readonly lengthBytes: number;
}

/**
 * Requests are authenticated by their bytes before anything in them is read; then read, authorised,
 * and only then brought before KMS.
 *
 * The derived key is a text of base64 in the answer until the collector frees it: JavaScript cannot
 * overwrite texts (SECURITY.md).
 */
export function addDeriveKey(app: FastifyInstance, options: DeriveKeyRouteOptions): void {
  const { callers, connections, metrics, logger } = options;
  const slots = createSlots(options.maxConcurrent);
  const callerOf = new WeakMap<FastifyRequest, Caller>();

  app.route<{ Body: DeriveKeyBody }>({
    ...deriveKeyRoute,
    async preValidation(request) {
      callerOf.set(request, authenticate(request, callers));
      await readJson(request);
    },
    async handler(request) {
      const caller = callerOf.get(request) as Caller;
      const release = slots.take();
      if (release === undefined) {
        throw new TransportError('TRANSPORT_LIMIT', 'too many keys are derived at once');
      }
      const letGo = connections.keep(request.raw.socket);
      try {
        const derivedKey = await deriveKey(request.body, caller, options);
        metrics.callerCall(caller.name, OPERATION, 'ok');
        logger.info('key derived', { caller: caller.name, key: request.body.key });
        return { derivedKey };
      } finally {
        letGo();
        release();
      }
    },
    async onError(request, _reply, error) {
      const caller = callerOf.get(request)?.name ?? UNKNOWN_CALLER;
      const { code } = problemOf(error);
      metrics.callerCall(caller, OPERATION, code);
      logger.warn('key not derived', { caller, code });
    },
  });
}

function authenticate(request: FastifyRequest, callers: DeriveKeyRouteOptions['callers']): Caller {
  return callers.authenticate({
    service: 'nitro-key-broker',
    method: request.method,
    url: request.raw.url ?? '',
    rawHeaders: request.raw.rawHeaders,
    body: bodyBytes(request),
  });
}

async function deriveKey(
  body: DeriveKeyBody,
  caller: Caller,
  { keys, callers, broker }: DeriveKeyRouteOptions,
): Promise<string> {
  const keyArn = Object.hasOwn(keys, body.key) ? keys[body.key]?.arn : undefined;
  // A key that there is not is refused like one of others: nobody learns which names there are.
  callers.authorize(caller, { operation: OPERATION, keyArn });
  const publicKey = parseBase64(body.publicKey);
  const derivation = parseDerivation(body);
  using shared = await broker.deriveSharedSecret({ key: body.key, publicKey });
  using key = shared.deriveKey(derivation);
  return key.reveal(encodeBase64);
}

function parseDerivation(body: DeriveKeyBody): Omit<DeriveKeyOptions, 'secret'> {
  return {
    kdf: parseKdf(body.kdf),
    fixedInfo: parseFixedInfo(body.fixedInfo),
    lengthBytes: body.lengthBytes,
  };
}

function parseKdf({ kind, hash, salt }: DeriveKeyBody['kdf']): KeyDerivation {
  if (kind === 'one-step' || salt === undefined) return { kind, hash };
  return { kind, hash, salt: parseBase64(salt) };
}

function parseFixedInfo(fields: DeriveKeyBody['fixedInfo']): FixedInfo {
  const { algorithmId, partyU, partyV, suppPubInfo } = fields;
  return {
    algorithmId: parseBase64(algorithmId),
    partyU: parseBase64(partyU),
    partyV: parseBase64(partyV),
    ...(suppPubInfo === undefined ? {} : { suppPubInfo: parseBase64(suppPubInfo) }),
  };
}

const OPERATION = 'DeriveKey';
const UNKNOWN_CALLER = 'unknown';
