import { GenerateDataKeyCommand, GenerateRandomCommand, type KMSClient } from '@aws-sdk/client-kms';
import { ConfigError } from '../shared/errors.ts';
import type { EnclaveConfig } from './config.ts';

const BYTES = 32;

/**
 * Makes the attested call that the configuration names, and throws its secret away: what it shows is
 * that documents, credentials, the way to KMS and the key policy fit together.
 *
 * @throws what the call throws
 */
export async function runSelfTest(
  kms: KMSClient,
  { selfTest, keys }: Pick<EnclaveConfig, 'selfTest' | 'keys'>,
): Promise<void> {
  if (selfTest.operation === 'none') return;
  const { Plaintext } =
    selfTest.operation === 'GenerateRandom'
      ? await kms.send(new GenerateRandomCommand({ NumberOfBytes: BYTES }))
      : await kms.send(dataKeyCommand(selfTest.key, keys));
  Plaintext?.fill(0);
}

function dataKeyCommand(name: string, keys: EnclaveConfig['keys']): GenerateDataKeyCommand {
  const key = keys[name];
  if (key === undefined) throw new ConfigError('CONFIG_INVALID', `selfTest: no key ${name}`);
  return new GenerateDataKeyCommand({
    KeyId: key.arn,
    NumberOfBytes: BYTES,
    EncryptionContext: key.encryptionContext,
  });
}
