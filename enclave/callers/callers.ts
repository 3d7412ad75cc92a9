import { checkSignature, type SigningCredentials } from '../../shared/kms/index.ts';
import type { EnclaveConfig } from '../config.ts';
import { createAccessKey } from './access-key.ts';
import { removeCredentialsFile, writeCredentialsFile } from './credentials-file.ts';
import {
  checkPermitted,
  type Permission,
  type Permissions,
  permissionsOf,
  permittedKeys,
  type RequestedCall,
} from './permissions.ts';

/**
 * What a signature is for: the KMS-compatible endpoint, whose callers are SDKs that sign for `kms`,
 * or the broker API. A signature for one is none for the other.
 */
export type SignedService = 'kms' | 'nitro-key-broker';

/** A program in the enclave that has proved who it is. */
export interface Caller {
  readonly name: string;
  readonly permissions: Permissions;
}

/** A request as it came in, its body included. */
export interface SignedRequest {
  readonly service: SignedService;
  readonly method: string;
  /** The request target as sent. */
  readonly url: string;
  /** Names and values by turns, as Node gives them. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** The callers that the configuration names. */
export interface Callers {
  /**
   * Tells whose request it is, by its SigV4 signature for the configured region.
   *
   * The same request can come again within the skew of five minutes: AWS SDKs sign identical calls
   * of one second identically, so that a repetition cannot be told from a replay.
   *
   * @throws {KmsServiceError} MissingAuthenticationTokenException, IncompleteSignatureException,
   *   UnrecognizedClientException or InvalidSignatureException
   */
  authenticate(request: SignedRequest): Caller;
  /**
   * Checks that a caller may make a call: what the configuration does not permit is refused.
   *
   * @returns the permission; undefined for GenerateRandom, which uses no key.
   * @throws {PolicyError} CALLER_DENIED, CALLER_ENCRYPTION_CONTEXT
   */
  authorize(caller: Caller, call: RequestedCall): Permission | undefined;
  /** The ARNs of the keys that a caller may use by an operation, each once. */
  keysFor(caller: Caller, operation: string): readonly string[];
  /** Removes the credentials files. */
  close(): Promise<void>;
}

export interface CallersOptions {
  readonly config: Pick<EnclaveConfig, 'kms' | 'keys' | 'callers'>;
  readonly randomBytes: (length: number) => Uint8Array;
  /** The trusted clock: milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** Of AWS in general: how far a request's time may be from the clock. */
const SKEW_SECONDS = 300;

/**
 * Makes an access key for each caller, which lives as long as this process, and writes it to the
 * caller's credentials file.
 *
 * @throws {ConfigError} CALLER_FILE, CALLER_FILE_DIRECTORY, CALLER_FILE_OWNER
 */
export async function createCallers(options: CallersOptions): Promise<Callers> {
  const { now } = options;
  const { keys, callers, kms } = options.config;
  const known = new Map<string, { caller: Caller; credentials: SigningCredentials }>();
  const close = async (): Promise<void> => {
    known.clear();
    await Promise.all(callers.map((caller) => removeCredentialsFile(caller.credentialsFile)));
  };

  try {
    for (const config of callers) {
      const accessKey = createAccessKey(options.randomBytes);
      await writeCredentialsFile({ path: config.credentialsFile, uid: config.uid, accessKey });
      const caller = { name: config.name, permissions: permissionsOf(config, keys) };
      known.set(accessKey.id, { caller, credentials: accessKey.credentials });
    }
  } catch (error) {
    await close();
    throw error;
  }

  return {
    authenticate(request) {
      const { accessKeyId } = checkSignature({
        ...request,
        region: kms.region,
        now: now(),
        skewSeconds: SKEW_SECONDS,
        credentialsOf: (id) => known.get(id)?.credentials,
      });
      const signer = known.get(accessKeyId);
      if (signer === undefined) throw new Error('a signature was checked for an unknown caller');
      return signer.caller;
    },
    authorize: (caller, call) => checkPermitted(caller.permissions, call),
    keysFor: (caller, operation) => permittedKeys(caller.permissions, operation),
    close,
  };
}
