import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { Agent } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateRandomCommand,
  GetPublicKeyCommand,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { EndpointOptions } from '../../../enclave/endpoint/index.ts';
import {
  callerConfig,
  type EndpointScene,
  endpointConfig,
  type RunningEndpoint,
  runEndpoint,
  startEndpointScene,
} from '../../support/endpoint-scene.ts';
import { refusalOf } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const TENANT = { tenant: 'blue' };
const DATA_KEY_OPERATIONS = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair'];

let scene: EndpointScene;
beforeAll(async () => {
  scene = await startEndpointScene();
});
afterAll(() => scene.close());

/** An endpoint with the callers `app`, which may do much, and `other`, which may decrypt by one key. */
async function start(overrides: Partial<EndpointOptions> = {}): Promise<RunningEndpoint> {
  const directory = temporaryDirectory();
  const { keys } = scene;
  const config = endpointConfig({
    keys: {
      data: { arn: keys.data, operations: DATA_KEY_OPERATIONS, encryptionContext: TENANT },
      other: { arn: keys.other, operations: ['Decrypt', 'Encrypt', 'GenerateDataKey'] },
      agreement: {
        arn: keys.agreement,
        operations: ['DeriveSharedSecret', 'GetPublicKey'],
        keySpec: 'ECC_NIST_P256',
      },
      signing: { arn: keys.signing, operations: ['Sign', 'Verify'] },
    },
    callers: [
      callerConfig(directory, 'app', {
        generateRandom: true,
        permissions: [
          { key: 'data', operations: DATA_KEY_OPERATIONS },
          { key: 'agreement', operations: ['DeriveSharedSecret', 'GetPublicKey'] },
          { key: 'signing', operations: ['Sign', 'Verify'] },
        ],
      }),
      callerConfig(directory, 'other', {
        permissions: [
          { key: 'other', operations: ['Decrypt', 'Encrypt'], encryptionContext: { app: 'two' } },
        ],
      }),
    ],
  });
  const running = await runEndpoint(scene, config, overrides);
  onTestFinished(() => running.close());
  return running;
}

describe("the AWS SDK's client on the endpoint", () => {
  it('gets a random plaintext of the length asked for', async () => {
    const client = (await start()).client('app');
    const answer = await client.send(new GenerateRandomCommand({ NumberOfBytes: 33 }));
    expect(answer.Plaintext).toHaveLength(33);
    expect(answer).not.toHaveProperty('CiphertextForRecipient');
  });

  it('gets a data key that the wrapped copy decrypts to', async () => {
    const client = (await start()).client('app');
    const EncryptionContext = { ...TENANT, file: '7' };
    const asked = { KeyId: scene.keys.data, KeySpec: 'AES_256', EncryptionContext } as const;
    const generated = await client.send(new GenerateDataKeyCommand(asked));
    expect(generated.KeyId).toBe(scene.keys.data);
    expect(generated.Plaintext).toHaveLength(32);
    const { CiphertextBlob, Plaintext } = generated;
    const outside = await scene.direct.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext }),
    );
    expect(outside.Plaintext).toEqual(Plaintext);
    const inside = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(inside.Plaintext).toEqual(Plaintext);
    expect(inside.EncryptionAlgorithm).toBe('SYMMETRIC_DEFAULT');
  });

  it('gets a data key pair whose halves belong together', async () => {
    const client = (await start()).client('app');
    const pair = await client.send(
      new GenerateDataKeyPairCommand({
        KeyId: scene.keys.data,
        KeyPairSpec: 'ECC_NIST_P256',
        EncryptionContext: TENANT,
      }),
    );
    const privateKey = createPrivateKey({
      key: Buffer.from(pair.PrivateKeyPlaintext ?? []),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    expect(Buffer.from(pair.PublicKey ?? [])).toEqual(spki);
  });

  it('gets a shared secret that the peer has too', async () => {
    const client = (await start()).client('app');
    const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const { SharedSecret } = await client.send(
      new DeriveSharedSecretCommand({
        KeyId: scene.keys.agreement,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: peer.publicKey.export({ format: 'der', type: 'spki' }),
      }),
    );
    const { PublicKey } = await client.send(
      new GetPublicKeyCommand({ KeyId: scene.keys.agreement }),
    );
    const publicKey = createPublicKey({
      key: Buffer.from(PublicKey ?? []),
      format: 'der',
      type: 'spki',
    });
    const expected = diffieHellman({ privateKey: peer.privateKey, publicKey });
    expect(Buffer.from(SharedSecret ?? [])).toEqual(expected);
  });

  it('has other permitted operations passed on', async () => {
    const client = (await start()).client('app');
    const asked = {
      KeyId: scene.keys.signing,
      Message: new TextEncoder().encode('to be signed'),
      SigningAlgorithm: 'ECDSA_SHA_256',
    } as const;
    const { Signature } = await client.send(new SignCommand(asked));
    const verified = await client.send(new VerifyCommand({ ...asked, Signature }));
    expect(verified.SignatureValid).toBe(true);
  });

  it('reaches it over a Unix socket that any user may connect to', async () => {
    const path = join(temporaryDirectory(), 'kms.sock');
    const running = await start({ listen: { kind: 'unix', path } });
    // To connect takes the permission to write. Node 24 sets no others.
    expect(statSync(path).mode & 0o666).toBe(0o666);
    const httpAgent = new Agent({ keepAlive: true });
    httpAgent.createConnection = () => createConnection(path);
    onTestFinished(() => httpAgent.destroy());
    const client = running.client('app', { requestHandler: { httpAgent } });
    const answer = await client.send(new GenerateRandomCommand({ NumberOfBytes: 16 }));
    expect(answer.Plaintext).toHaveLength(16);
  });

  it('may name its key by the key id, which goes on as the ARN', async () => {
    const client = (await start()).client('app');
    const KeyId = scene.keys.data.slice(scene.keys.data.lastIndexOf('/') + 1);
    const answer = await client.send(
      new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_128', EncryptionContext: TENANT }),
    );
    expect(answer.KeyId).toBe(scene.keys.data);
  });

  it('has exceptions of KMS as they are', async () => {
    const client = (await start()).client('app');
    const EncryptionContext = TENANT;
    const { CiphertextBlob } = await scene.direct.send(
      new EncryptCommand({ KeyId: scene.keys.other, Plaintext: Uint8Array.of(1) }),
    );
    const refused = client.send(
      new DecryptCommand({ KeyId: scene.keys.data, CiphertextBlob, EncryptionContext }),
    );
    await expect(refused).rejects.toMatchObject({
      name: 'IncorrectKeyException',
      message: 'The key ID in the request does not identify a CMK that can perform this operation.',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it('tries a call out by DryRun', async () => {
    const client = (await start()).client('app');
    const refused = client.send(
      new GenerateDataKeyCommand({
        KeyId: scene.keys.data,
        KeySpec: 'AES_256',
        EncryptionContext: TENANT,
        DryRun: true,
      }),
    );
    expect((await refusalOf(refused)).name).toBe('DryRunOperationException');
  });
});
