import { CreateKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalKms, type TestKms, type TestKmsOptions } from '../../local-kms/testing.ts';
import { createTestEnclave } from '../support/attested-recipient.ts';
import { refusalOf } from '../support/local-kms.ts';

async function start(options?: TestKmsOptions): Promise<{ kms: TestKms; client: KMSClient }> {
  const kms = await startLocalKms(options);
  const client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await kms.close();
  });
  return { kms, client };
}

it('answers, with nothing said, a document under its own development root', async () => {
  const { kms, client } = await start();
  const { KeyMetadata } = await client.send(new CreateKeyCommand());
  const enclave = createTestEnclave({ root: kms.nsmRoot });
  const { CiphertextForRecipient, Plaintext } = await client.send(
    new GenerateDataKeyCommand({
      KeyId: KeyMetadata?.KeyId,
      KeySpec: 'AES_256',
      Recipient: await enclave.recipient(),
    }),
  );
  expect(Plaintext).toBeUndefined();
  expect(enclave.open(CiphertextForRecipient)).toHaveLength(32);
  expect(kms.events.map(({ eventName }) => eventName)).toEqual(['CreateKey', 'GenerateDataKey']);
});

it('goes wrong when it is told to', async () => {
  const { kms, client } = await start({ faults: [{ kind: 'throttle', count: 1 }] });
  const name = async () => (await refusalOf(client.send(new CreateKeyCommand()))).name;
  expect(await name()).toBe('ThrottlingException');
  kms.setFaults([{ kind: 'error', operation: 'CreateKey' }]);
  expect(await name()).toBe('KMSInternalException');
  kms.setFaults([]);
  await client.send(new CreateKeyCommand());
});
