import { GenerateRandomCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Secret } from '../../shared/secret.ts';
import { checkLength, takePlaintext } from './answer.ts';
import type { CallOptions } from './permitted-key.ts';

export async function generateRandom(
  kms: KMSClient,
  bytes: number,
  options: CallOptions,
): Promise<Secret> {
  const command = new GenerateRandomCommand({ NumberOfBytes: bytes });
  const { Plaintext } = await kms.send(command, options);
  return takePlaintext('GenerateRandom', Plaintext, (secret) => {
    checkLength('GenerateRandom', secret, bytes);
    return secret;
  });
}
