import {
  attestationContext,
  principalContext,
  type RequestContext,
} from '../../shared/key-policy/index.ts';
import type { Backend } from '../backend.ts';
import { kindConditions } from '../keys/kind-conditions.ts';
import { requestAlias } from '../keys/lookup.ts';
import { resourceTagConditions } from '../keys/tags.ts';
import type { AnyRequest } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';
import { EVERY } from '../store/store.ts';
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
 *   `aws:SecureTransport`, `aws:SourceIp`, `aws:RequestedRegion`; `aws:PrincipalIsAWSService` and
 *   `aws:ViaAWSService`, both `false`, since no AWS service calls; of the key, `aws:ResourceAccount`
 *   and `aws:ResourceTag/*`; where a request has tags, `aws:RequestTag/*` and `aws:TagKeys`. Any
 *   other key of IAM is missing from every request, so that a Deny on its value never applies here.
 * - Of KMS: `kms:CallerAccount`; of the key, what {@link keyConditions} gives; of the operation, its
 *   `conditions`; of a verified recipient, `kms:RecipientAttestation:*`. `kms:ViaService` is missing.
 */
export function conditionsOf(options: {
  readonly request: AnyRequest;
  /** What the operation itself gives. */
  readonly operationConditions: RequestContext | undefined;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly arrival: Arrival;
  readonly key: KeyRecord | undefined;
  readonly recipient: AttestedRecipient | undefined;
}): RequestContext {
  const { request, operationConditions, backend, caller, arrival, key, recipient } = options;
  return new Map([
    ...callerConditions(caller),
    ...arrivalConditions(arrival, backend.now()),
    ['aws:RequestedRegion', [backend.realm.region]],
    ...(key === undefined ? [] : keyConditions(key, backend, request)),
    ...(operationConditions ?? []),
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
    ['aws:PrincipalIsAWSService', ['false']],
    ['aws:SecureTransport', [String(secureTransport)]],
    ['aws:SourceIp', sourceIp === undefined ? [] : [sourceIp]],
    ['aws:ViaAWSService', ['false']],
  ]);
}

function keyConditions(key: KeyRecord, { store }: Backend, request: AnyRequest): RequestContext {
  const { KeyId } = request;
  const alias = typeof KeyId === 'string' ? requestAlias(KeyId) : undefined;
  const aliases = store.aliases.of(key, EVERY);
  return new Map<string, readonly string[]>([
    ...kindConditions({ ...key, multiRegion: key.multiRegion }),
    ...resourceTagConditions(key),
    ['aws:ResourceAccount', [key.account]],
    ['kms:RequestAlias', alias === undefined ? [] : [alias]],
    ['kms:ResourceAliases', aliases.map(({ name }) => name)],
  ]);
}
