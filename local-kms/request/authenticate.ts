import { checkSignature } from '../../shared/kms/index.ts';
import type { Principal } from '../principals.ts';
import type { Realm } from '../realm.ts';
import type { KmsRequest } from './kms-request.ts';

/** Of AWS in general: how far a request's time may be from the server's. */
const SIGNATURE_SKEW_SECONDS = 300;

/** Whose request it is. */
export interface Signer {
  readonly caller: Principal;
  /** The region that the request was signed for, in the caller's account. */
  readonly realm: Realm;
}

/**
 * Checks the signature of a request.
 *
 * @throws {KmsServiceError} what `checkSignature` throws.
 */
export function authenticate(options: {
  readonly http: KmsRequest;
  /** By access key id. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly region: string | 'any';
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}): Signer {
  const { http, principals, region, now } = options;
  const signature = checkSignature({
    method: http.method,
    url: http.url,
    rawHeaders: http.rawHeaders,
    body: http.body,
    region,
    service: 'kms',
    now,
    skewSeconds: SIGNATURE_SKEW_SECONDS,
    credentialsOf: (id) => principals.get(id)?.credentials,
  });
  const caller = principals.get(signature.accessKeyId);
  if (caller === undefined) throw new Error('a signature was checked for an unknown principal');
  return { caller, realm: { region: signature.region, account: caller.identity.accountId } };
}
