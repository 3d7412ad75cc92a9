import {
  attestationContext,
  principalContext,
  type RequestContext,
} from '../../shared/key-policy/index.ts';
import type { Backend } from '../backend.ts';
import { requestAlias } from '../keys/lookup.ts';
import { KEY_ORIGIN } from '../keys/metadata.ts';
import type { AnyRequest, Operation } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';
import type { AttestedRecipient } from './recipient.ts';

/** How a request came: what its condition keys tell beside what it asks for. */
export interface Arrival {
  /** Over TLS. */
  readonly secureTransport: boolean;
  /** The IP address of the peer; undefined once the peer is gone. */
  readonly sourceIp: string | undefined;
}

/**
 * Every condition key that a request gives, whichever of them a policy asks for.
 *
 * - Of IAM: `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:username` (users),
 *   `aws:userid` (account roots and federated users), `aws:CurrentTime`, `aws:EpochTime`,
 *   `aws:SecureTransport`, `aws:SourceIp`. Any other key of IAM is missing from every request, so
 *   that a Deny on its value never applies here.
 * - Of KMS: `kms:CallerAccount`; of the key, what {@link keyConditions} gives; of the operation, its
 *   `conditions`; of a verified recipient, `kms:RecipientAttestation:*`.
 */
export function conditionsOf(options: {
  readonly operation: Operation;
  readonly request: AnyRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly arrival: Arrival;
  readonly key: KeyRecord | undefined;
  readonly recipient: AttestedRecipient | undefined;
}): RequestContext {
  const { operation, request, backend, caller, arrival, key, recipient } = options;
  return new Map([
    ...callerConditions(caller),
    ...arrivalConditions(arrival, backend.now()),
    ...(key === undefined ? [] : keyConditions(key, backend, request)),
    ...(operation.conditions?.(request) ?? []),
    ...(recipient === undefined ? [] : attestationContext(recipient.document)),
  ]);
}

/** The condition keys that every request of this caller gives, whenever and however it comes. */
export function callerConditions({ identity }: Principal): RequestContext {
  return new Map([
    ...principalContext(identity),
    ['kms:CallerAccount', [identity.accountId]] as const,
  ]);
}

function arrivalConditions({ secureTransport, sourceIp }: Arrival, now: number): RequestContext {
  const seconds = Math.floor(now / 1000);
  return new Map([
    // IAM's times have no fraction.
    ['aws:CurrentTime', [new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')]],
    ['aws:EpochTime', [String(seconds)]],
    ['aws:SecureTransport', [String(secureTransport)]],
    ['aws:SourceIp', sourceIp === undefined ? [] : [sourceIp]],
  ]);
}

function keyConditions(
  key: KeyRecord,
  { store, realm }: Backend,
  request: AnyRequest,
): RequestContext {
  const { KeyId } = request;
  const alias = typeof KeyId === 'string' ? requestAlias(KeyId) : undefined;
  const every = { after: undefined, limit: Number.POSITIVE_INFINITY };
  const aliases = store.listAliases(realm, every, key.keyId);
  return new Map([
    ['kms:KeySpec', [key.keySpec]],
    ['kms:KeyUsage', [key.keyUsage]],
    ['kms:KeyOrigin', [KEY_ORIGIN]],
    ['kms:MultiRegion', ['false']],
    ['kms:RequestAlias', alias === undefined ? [] : [alias]],
    ['kms:ResourceAliases', aliases.map(({ name }) => name)],
  ]);
}
