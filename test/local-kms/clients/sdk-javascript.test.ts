// The AWS SDK for JavaScript on every operation: one call that works and one that is refused. What
// an operation does in every case is tested beside it; here the SDK's own types and errors count.
import { type KMSClient, KMSServiceException, paginateListKeys } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { operations } from '../../../local-kms/operations/index.ts';
import { KMS_OPERATIONS, type KmsOperation } from '../../support/kms-operations.ts';
import { createTestClient, startTestKms } from '../../support/local-kms.ts';
import { aliasesCalls } from './sdk-calls/aliases.ts';
import { cryptographyCalls } from './sdk-calls/cryptography.ts';
import { keysCalls } from './sdk-calls/keys.ts';
import { materialCalls } from './sdk-calls/material.ts';
import { policiesCalls } from './sdk-calls/policies.ts';
import {
  createKeyWith,
  createScene,
  type Keys,
  type Scene,
  type SdkCall,
} from './sdk-calls/scene.ts';

const calls: Readonly<Record<KmsOperation, (scene: Scene) => SdkCall>> = {
  ...keysCalls,
  ...aliasesCalls,
  ...cryptographyCalls,
  ...policiesCalls,
  ...materialCalls,
};

let kms: LocalKms;
let client: KMSClient;
let keys: Omit<Keys, 'key'>;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  const createKey = createKeyWith(client);
  keys = {
    symmetric: await createKey(),
    signing: await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    agreement: await createKey({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' }),
    mac: await createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  };
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

async function callOf(operation: KmsOperation): Promise<SdkCall> {
  const key = await createKeyWith(client)();
  return calls[operation](createScene(client, { ...keys, key }));
}

it('has every operation that it is to have, and no other', () => {
  expect([...operations.keys()].sort()).toEqual([...KMS_OPERATIONS].sort());
});

describe.each(KMS_OPERATIONS)('%s by the SDK for JavaScript', (operation) => {
  it('works', async () => {
    const { works, answers } = await callOf(operation);
    expect(await works()).toMatchObject(answers);
  });

  it('is refused with the error of the SDK', async () => {
    const { refused, error } = await callOf(operation);
    const thrown = await refused().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(thrown).toBeInstanceOf(KMSServiceException);
    const { name, message, $fault, $metadata } = thrown as KMSServiceException;
    expect(name).toBe(error[0]);
    expect(message).toMatch(error[1]);
    expect($fault).toBe('client');
    expect($metadata).toMatchObject({
      httpStatusCode: 400,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

it('pages with the paginators of the SDK', async () => {
  const fresh = await startTestKms();
  const other = createTestClient(fresh);
  try {
    const created = await Promise.all(Array.from({ length: 5 }, () => createKeyWith(other)()));
    const pages: (string | undefined)[][] = [];
    for await (const { Keys } of paginateListKeys({ client: other, pageSize: 2 }, {})) {
      pages.push((Keys ?? []).map(({ KeyId }) => KeyId));
    }
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(created.toSorted());
  } finally {
    other.destroy();
    await fresh.close();
  }
});
