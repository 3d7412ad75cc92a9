import { z } from 'zod';
import { parseConfig } from '../../shared/config/parse.ts';
import { ConfigError } from '../../shared/errors.ts';
import { type Fault, faultList } from '../faults/fault.ts';
import type { Principal } from '../principals.ts';
import { type GrantRecord, grantRecord } from '../store/records.ts';
import { type SeedKey, seedKey } from './key.ts';
import { createPrincipal, seedPrincipal } from './principal.ts';

/** The longest seed file that is read. */
export const MAX_SEED_BYTES = 8_388_608;

const seed = z.strictObject({
  principals: z.array(seedPrincipal).min(1).max(1000).optional(),
  keys: z.array(seedKey).max(10_000).default([]),
  /** As an export writes them. */
  grants: z.array(grantRecord).max(50_000).default([]),
  faults: faultList.optional(),
});

/** What a server has from its start. */
export interface Seed {
  /** Undefined if the seed names none. */
  readonly principals: readonly Principal[] | undefined;
  /** With material in the clear, which {@link disposeSeed} disposes of. */
  readonly keys: readonly SeedKey[];
  readonly grants: readonly GrantRecord[];
  readonly faults: readonly Fault[] | undefined;
}

/**
 * Reads a seed file, YAML or JSON.
 *
 * @throws {ConfigError} CONFIG_TOO_LARGE, CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_INVALID: also
 *   for an access key id, a key or an alias that is given twice, or a policy that is malformed.
 */
export function parseSeed(text: string): Seed {
  const { principals, keys, grants, faults } = parseConfig(text, {
    schema: seed,
    maxBytes: MAX_SEED_BYTES,
  });
  checkOnce('accessKeyId', principals?.map(({ accessKeyId }) => accessKeyId) ?? []);
  checkOnce(
    'keyId',
    keys.map((key) => `${key.account}/${key.region}/${key.keyId}`),
  );
  checkOnce(
    'alias',
    keys.flatMap((key) => key.aliases.map((name) => `${key.account}/${key.region}/${name}`)),
  );
  return { principals: principals?.map(createPrincipal), keys, grants, faults };
}

/** Disposes of the key material of a seed. */
export function disposeSeed({ keys }: Pick<Seed, 'keys'>): void {
  for (const { material, materials = [], pendingMaterial } of keys) {
    for (const secret of [material, pendingMaterial?.key, ...materials.map(({ key }) => key)]) {
      secret?.dispose();
    }
  }
}

function checkOnce(what: string, values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw new ConfigError('CONFIG_INVALID', `${what} ${value} is given twice`);
    seen.add(value);
  }
}
