import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  type KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSeed } from '../../../local-kms/index.ts';
import { startLocalKms, type TestKms } from '../../../local-kms/testing.ts';
import { createTestClient, refusalOf } from '../../support/local-kms.ts';

const OURS = '111122223333';
const THEIRS = '444455556666';
const Plaintext = new Uint8Array([1, 2, 3]);

const seed = parseSeed(`
principals:
  - { accessKeyId: ours, secretAccessKey: ours, arn: 'arn:aws:iam::${OURS}:root' }
  - { accessKeyId: theirs, secretAccessKey: theirs, arn: 'arn:aws:iam::${THEIRS}:root' }
`);

let kms: TestKms;
let elsewhere: TestKms;

beforeAll(async () => {
  kms = await startLocalKms({ seed });
  elsewhere = await startLocalKms({ seed });
});

afterAll(async () => {
  await kms.close();
  await elsewhere.close();
});

const as = (who: 'ours' | 'theirs', { at = kms, region = 'us-east-1' } = {}): KMSClient =>
  createTestClient(at, { region, credentials: { accessKeyId: who, secretAccessKey: who } });

/** A key that `actions` of the other account are allowed on, and a ciphertext of it. */
async function encrypted(...actions: string[]) {
  const allow = (account: string, Action: string[]) => ({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action,
    Resource: '*',
  });
  const Statement = [allow(OURS, ['kms:*']), ...(actions.length ? [allow(THEIRS, actions)] : [])];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  const { KeyMetadata } = await as('ours').send(new CreateKeyCommand({ Policy }));
  const KeyId = KeyMetadata?.Arn as string;
  const { CiphertextBlob } = await as('ours').send(new EncryptCommand({ KeyId, Plaintext }));
  return { KeyId, CiphertextBlob };
}

const decrypt = (client: KMSClient, CiphertextBlob: Uint8Array | undefined) =>
  client.send(new DecryptCommand({ CiphertextBlob }));

describe('the key that made a ciphertext, where the caller does not name it', () => {
  it('is found in another account, which its policy allows to decrypt', async () => {
    const { KeyId, CiphertextBlob } = await encrypted('kms:Decrypt');
    expect(await decrypt(as('theirs'), CiphertextBlob)).toMatchObject({ KeyId, Plaintext });
  });

  it('is found for ReEncrypt to a key of that account', async () => {
    const { KeyId, CiphertextBlob } = await encrypted('kms:ReEncryptFrom');
    const { KeyMetadata } = await as('theirs').send(new CreateKeyCommand());
    const DestinationKeyId = KeyMetadata?.KeyId;
    const answer = await as('theirs').send(
      new ReEncryptCommand({ CiphertextBlob, DestinationKeyId }),
    );
    expect(answer).toMatchObject({ SourceKeyId: KeyId, KeyId: KeyMetadata?.Arn });
    expect((await decrypt(as('theirs'), answer.CiphertextBlob)).Plaintext).toEqual(Plaintext);
  });

  it('decrypts for no other account without its leave', async () => {
    const { CiphertextBlob } = await encrypted();
    expect((await refusalOf(decrypt(as('theirs'), CiphertextBlob))).name).toBe(
      'AccessDeniedException',
    );
  });

  it.each<[string, () => KMSClient]>([
    ['of another region', () => as('ours', { region: 'eu-west-1' })],
    ['that is not there', () => as('ours', { at: elsewhere })],
  ])('is refused if it is one %s', async (_which, client) => {
    const { CiphertextBlob } = await encrypted('kms:Decrypt');
    expect(await refusalOf(decrypt(client(), CiphertextBlob))).toMatchObject({
      name: 'AccessDeniedException',
      message:
        'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    });
  });
});
