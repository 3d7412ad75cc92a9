import { resolve } from 'node:path';
import { type CallerConfig, operationOnKey } from './callers.ts';
import { invalidConfig } from './invalid.ts';
import { keyNamed, type NamedKey, takesEncryptionContext } from './keys.ts';

type Permission = CallerConfig['permissions'][number];

/**
 * Checks that callers are told apart, and are permitted only what is there and can be had.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export function checkCallers(
  callers: readonly CallerConfig[],
  keys: Readonly<Record<string, NamedKey>>,
): void {
  checkApart(callers, 'name', ({ name }) => name);
  checkApart(callers, 'credentialsFile', ({ credentialsFile }) => resolve(credentialsFile));
  for (const { name, permissions } of callers) {
    for (const permission of permissions) checkPermission(name, permission, keys);
  }
}

/**
 * Checks that each caller runs under a user of its own: who can read another's credentials file has
 * its permissions. Developers run all of them under their own user.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export function checkUsers(callers: readonly CallerConfig[]): void {
  checkApart(callers, 'uid', ({ uid }) => String(uid));
}

function checkApart(
  callers: readonly CallerConfig[],
  member: keyof CallerConfig,
  identify: (caller: CallerConfig) => string,
): void {
  const seen = new Map<string, string>();
  for (const caller of callers) {
    const value = identify(caller);
    const earlier = seen.get(value);
    if (earlier !== undefined) {
      throw invalidConfig(
        `callers: expected a ${member} of its own for each caller, got ${value} for ${earlier} and ${caller.name}`,
      );
    }
    seen.set(value, caller.name);
  }
}

function checkPermission(
  caller: string,
  { key, operations, encryptionContext }: Permission,
  keys: Readonly<Record<string, NamedKey>>,
): void {
  const known = keyNamed(keys, key);
  if (known === undefined) throw invalidConfig(`callers: ${caller} names the unknown key ${key}`);
  for (const operation of operations) {
    const needed = operationOnKey(operation);
    if (known.operations.includes(needed)) continue;
    throw invalidConfig(
      `callers: ${caller} is permitted ${operation} on ${key}, but keys.${key}.operations lacks ${needed}`,
    );
  }
  checkContext(`callers: ${caller} on ${key}`, known, { operations, encryptionContext });
}

/** A call has to meet what the key requires and what the permission requires. */
function checkContext(
  where: string,
  key: NamedKey,
  { operations, encryptionContext }: Omit<Permission, 'key'>,
): void {
  for (const [name, value] of Object.entries(encryptionContext)) {
    if (!Object.hasOwn(key.encryptionContext, name)) continue;
    if (key.encryptionContext[name] === value) continue;
    throw invalidConfig(
      `${where}: expected the value of ${name} that the key requires in the encryption context, got another`,
    );
  }
  const required = Object.keys({ ...key.encryptionContext, ...encryptionContext });
  const canHave = operations.some((operation) => takesEncryptionContext(operationOnKey(operation)));
  if (required.length > 0 && !canHave) {
    throw invalidConfig(
      `${where}: expected no required encryption context, since ${operations.join(', ')} can have none, got ${required.join(', ')}`,
    );
  }
}
