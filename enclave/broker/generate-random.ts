import { GenerateRandomCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Secret } from '../../shared/secret.ts';
import { checkLength, takePlaintext } from './answer.ts';

export async function generateRandom(kms: KMSClient, bytes: number): Promise<Secret> {
  const { Plaintext } = await kms.send(new GenerateRandomCommand({ NumberOfBytes: bytes }));
  return takePlaintext('GenerateRandom', Plaintext, (secret) => {
    checkLength('GenerateRandom', secret, bytes);
    return secret;
  });
}
