import {
  type BindingPurpose,
  encodeClientBinding,
  hashClientBinding,
} from '../../shared/attestation/index.ts';
import { createNodeEngine } from '../../shared/crypto/node.ts';
import { FormatError, NsmError } from '../../shared/errors.ts';
import { type EnclaveMetrics, outcomeOf, silentMetrics } from '../metrics.ts';
import { createTurns } from './turns.ts';

/** AWS's own validation of documents takes no more. */
export const MAX_CLIENT_NONCE_BYTES = 512;

/** What a client wants of a document. There is no place here for a public key. */
export interface ClientRequest {
  /** Who asks: whoever reaches the API towards the parent, or a program in the enclave. */
  readonly purpose: BindingPurpose;
  /** 1 to 512 bytes that the client issued for this exchange. They go into the document as they are. */
  readonly nonce: Uint8Array;
  /** 0 to 8192 bytes to be bound: a public key, or the hash of a transcript. */
  readonly data: Uint8Array;
}

export interface ClientDocument {
  readonly document: Uint8Array;
  /** What the user_data of the document is the hash of: see encodeClientBinding. */
  readonly binding: Uint8Array;
}

/** Makes documents that leave the enclave. */
export interface ClientAttester {
  /**
   * Makes a document whose public_key is null, whose nonce is the client's, and whose user_data is
   * the hash of purpose, configuration and data.
   *
   * @throws {FormatError} CLIENT_NONCE, CLIENT_BINDING_MEMBER
   * @throws {NsmError} NSM_QUEUE_FULL, or why there is no document
   */
  attest(request: ClientRequest): Promise<ClientDocument>;
}

/**
 * The one call of an NsmClient that is needed here, and of that call only a part: with `publicKey`
 * anyone who can ask for a document could open what KMS seals for this enclave.
 */
export interface ClientNsm {
  attest(fields: {
    readonly userData: Uint8Array;
    readonly nonce: Uint8Array;
    readonly publicKey?: never;
  }): Promise<Uint8Array>;
}

export interface ClientAttesterOptions {
  readonly nsm: ClientNsm;
  /** SHA-256 of the configuration as it applies. */
  readonly configHash: Uint8Array;
  /** Told of each document; nobody is unless given. */
  readonly metrics?: Pick<EnclaveMetrics, 'document'>;
  /** How many requests of one purpose may wait for the secure module. */
  readonly maxWaiting?: number;
}

/**
 * Creates the attester.
 *
 * The secure module does one thing at a time, tens of milliseconds for a document. Only one request
 * of each purpose is with it at any time, so that a call to KMS waits for two of them at most. Each
 * purpose has a line of its own: a parent that asks without end keeps no program inside from a
 * document.
 *
 * @throws {FormatError} CLIENT_BINDING_MEMBER for a configuration hash that is none
 */
export function createClientAttester(options: ClientAttesterOptions): ClientAttester {
  const { nsm, metrics = silentMetrics } = options;
  const configHash = Uint8Array.from(options.configHash);
  encodeClientBinding({ purpose: 'client', configHash, data: new Uint8Array(0) });
  const engine = createNodeEngine();
  const { maxWaiting = DEFAULT_MAX_WAITING } = options;
  const turns = { client: createTurns(maxWaiting), enclave: createTurns(maxWaiting) };

  async function makeDocument(
    purpose: BindingPurpose,
    fields: { userData: Uint8Array; nonce: Uint8Array },
  ) {
    try {
      const document = turns[purpose].take(() => nsm.attest(fields));
      if (document === undefined) {
        throw new NsmError('NSM_QUEUE_FULL', 'too many documents for clients are asked for');
      }
      const made = await document;
      metrics.document('client', 'ok');
      return made;
    } catch (error) {
      metrics.document('client', outcomeOf(error));
      throw error;
    }
  }

  return {
    async attest({ purpose, nonce, data }) {
      if (nonce.length < 1 || nonce.length > MAX_CLIENT_NONCE_BYTES) {
        throw new FormatError(
          'CLIENT_NONCE',
          `expected a nonce of 1 to ${MAX_CLIENT_NONCE_BYTES} bytes, got ${nonce.length}`,
        );
      }
      const binding = encodeClientBinding({ purpose, configHash, data });
      const userData = hashClientBinding(binding, engine);
      // Copies: what the caller does to its arrays while it waits changes nothing.
      const document = await makeDocument(purpose, { userData, nonce: Uint8Array.from(nonce) });
      return { document, binding };
    },
  };
}

const DEFAULT_MAX_WAITING = 16;
