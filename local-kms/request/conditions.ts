import { attestationContext, type RequestContext } from '../../shared/key-policy/index.ts';
import type { Backend } from '../backend.ts';
import { requestAlias } from '../keys/lookup.ts';
import { KEY_ORIGIN } from '../keys/metadata.ts';
import type { AnyRequest, Operation } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';
import type { AttestedRecipient } from './recipient.ts';

/** Every condition key that a request gives, whichever of them a policy asks for. */
export function conditionsOf(options: {
  readonly operation: Operation;
  readonly request: AnyRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly key: KeyRecord | undefined;
  readonly recipient: AttestedRecipient | undefined;
}): RequestContext {
  const { operation, request, backend, caller, key, recipient } = options;
  return new Map([
    ['kms:CallerAccount', [caller.identity.accountId]],
    ...(key === undefined ? [] : keyConditions(key, backend, request)),
    ...(operation.conditions?.(request) ?? []),
    ...(recipient === undefined ? [] : attestationContext(recipient.document)),
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
