import { createAlias } from './create-alias.ts';
import { createKey } from './create-key.ts';
import { decrypt } from './decrypt.ts';
import { deriveSharedSecret } from './derive-shared-secret.ts';
import { describeKey } from './describe-key.ts';
import { encrypt } from './encrypt.ts';
import { generateDataKey } from './generate-data-key.ts';
import { generateDataKeyPair } from './generate-data-key-pair.ts';
import { generateRandom } from './generate-random.ts';
import { getKeyPolicy } from './get-key-policy.ts';
import { getPublicKey } from './get-public-key.ts';
import { listAliases } from './list-aliases.ts';
import { listKeys } from './list-keys.ts';
import type { Operation } from './operation.ts';
import { putKeyPolicy } from './put-key-policy.ts';

/** Every operation that the server has, by name. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  [
    createAlias,
    createKey,
    decrypt,
    deriveSharedSecret,
    describeKey,
    encrypt,
    generateDataKey,
    generateDataKeyPair,
    generateRandom,
    getKeyPolicy,
    getPublicKey,
    listAliases,
    listKeys,
    putKeyPolicy,
  ].map((operation) => [operation.name, operation as Operation]),
);
