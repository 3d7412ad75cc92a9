import * as aws from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { ARN, ID, keyArn, notThere, type SdkCalls, UNKNOWN } from './scene.ts';

export const keysCalls = {
  CreateKey: ({ client }) => ({
    works: () =>
      client.send(new aws.CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })),
    answers: {
      KeyMetadata: { KeySpec: 'RSA_2048', KeyState: 'Enabled', CreationDate: expect.any(Date) },
    },
    refused: () => client.send(new aws.CreateKeyCommand({ KeySpec: 'RSA_2048' })),
    error: [
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    ],
  }),
  DescribeKey: ({ client, key }) => ({
    works: () => client.send(new aws.DescribeKeyCommand({ KeyId: keyArn(key) })),
    answers: {
      KeyMetadata: {
        KeyId: key,
        Arn: keyArn(key),
        CurrentKeyMaterialId: expect.stringMatching(ID),
      },
    },
    refused: () => client.send(new aws.DescribeKeyCommand({ KeyId: 'x' })),
    error: ['NotFoundException', "Invalid keyId 'x'"],
  }),
  ListKeys: ({ client }) => ({
    works: () => client.send(new aws.ListKeysCommand({ Limit: 1 })),
    answers: {
      Keys: [{ KeyId: expect.any(String), KeyArn: expect.any(String) }],
      Truncated: true,
      NextMarker: expect.any(String),
    },
    refused: () => client.send(new aws.ListKeysCommand({ Marker: 'x' })),
    error: ['InvalidMarkerException', /./],
  }),
  UpdateKeyDescription: ({ client, key }) => ({
    async works() {
      await client.send(new aws.UpdateKeyDescriptionCommand({ KeyId: key, Description: 'new' }));
      return client.send(new aws.DescribeKeyCommand({ KeyId: key }));
    },
    answers: { KeyMetadata: { Description: 'new' } },
    refused: () =>
      client.send(new aws.UpdateKeyDescriptionCommand({ KeyId: UNKNOWN, Description: '' })),
    error: ['NotFoundException', notThere],
  }),
  EnableKey: ({ client, key }) => ({
    async works() {
      await client.send(new aws.DisableKeyCommand({ KeyId: key }));
      await client.send(new aws.EnableKeyCommand({ KeyId: key }));
      return client.send(new aws.DescribeKeyCommand({ KeyId: key }));
    },
    answers: { KeyMetadata: { Enabled: true, KeyState: 'Enabled' } },
    refused: () => client.send(new aws.EnableKeyCommand({ KeyId: UNKNOWN })),
    error: ['NotFoundException', notThere],
  }),
  DisableKey: ({ client, key, encrypt }) => ({
    async works() {
      await client.send(new aws.DisableKeyCommand({ KeyId: key }));
      return client.send(new aws.DescribeKeyCommand({ KeyId: key }));
    },
    answers: { KeyMetadata: { Enabled: false, KeyState: 'Disabled' } },
    async refused() {
      await client.send(new aws.DisableKeyCommand({ KeyId: key }));
      return encrypt(key);
    },
    error: [
      'DisabledException',
      /^arn:aws:kms:us-east-1:111122223333:key\/[0-9a-f-]{36} is disabled\.$/,
    ],
  }),
  ScheduleKeyDeletion: ({ client, key }) => ({
    works: () =>
      client.send(new aws.ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 })),
    answers: {
      KeyId: expect.stringContaining(ARN),
      DeletionDate: expect.any(Date),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 7,
    },
    async refused() {
      await client.send(new aws.ScheduleKeyDeletionCommand({ KeyId: key }));
      return client.send(new aws.ScheduleKeyDeletionCommand({ KeyId: key }));
    },
    error: ['KMSInvalidStateException', /^arn:aws:kms:\S+ is pending deletion\.$/],
  }),
  CancelKeyDeletion: ({ client, key }) => ({
    async works() {
      await client.send(new aws.ScheduleKeyDeletionCommand({ KeyId: key }));
      return client.send(new aws.CancelKeyDeletionCommand({ KeyId: key }));
    },
    answers: { KeyId: keyArn(key) },
    refused: () => client.send(new aws.CancelKeyDeletionCommand({ KeyId: key })),
    error: ['KMSInvalidStateException', /^arn:aws:kms:\S+ is not pending deletion\.$/],
  }),
  GetPublicKey: ({ client, key, agreement }) => ({
    works: () => client.send(new aws.GetPublicKeyCommand({ KeyId: agreement })),
    answers: {
      KeyId: keyArn(agreement),
      KeyUsage: 'KEY_AGREEMENT',
      KeyAgreementAlgorithms: ['ECDH'],
      PublicKey: expect.any(Uint8Array),
    },
    refused: () => client.send(new aws.GetPublicKeyCommand({ KeyId: key })),
    error: ['UnsupportedOperationException', /./],
  }),
  TagResource: ({ client, key }) => ({
    async works() {
      await client.send(
        new aws.TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
      );
      return client.send(new aws.ListResourceTagsCommand({ KeyId: key }));
    },
    answers: { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
    refused: () =>
      client.send(
        new aws.TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'AWS:a', TagValue: '' }] }),
      ),
    error: ['TagException', 'Tags beginning with aws: are reserved'],
  }),
  UntagResource: ({ client, key }) => ({
    async works() {
      const Tags = [
        { TagKey: 'a', TagValue: '' },
        { TagKey: 'b', TagValue: '' },
      ];
      await client.send(new aws.TagResourceCommand({ KeyId: key, Tags }));
      await client.send(new aws.UntagResourceCommand({ KeyId: key, TagKeys: ['a'] }));
      return client.send(new aws.ListResourceTagsCommand({ KeyId: key }));
    },
    answers: { Tags: [{ TagKey: 'b', TagValue: '' }] },
    refused: () => client.send(new aws.UntagResourceCommand({ KeyId: UNKNOWN, TagKeys: ['a'] })),
    error: ['NotFoundException', notThere],
  }),
  ListResourceTags: ({ client, key }) => ({
    works: () => client.send(new aws.ListResourceTagsCommand({ KeyId: key, Limit: 50 })),
    answers: { Tags: [], Truncated: false },
    refused: () => client.send(new aws.ListResourceTagsCommand({ KeyId: key, Limit: 0 })),
    error: ['ValidationException', /Value '0' at 'limit' failed .* greater than or equal to 1$/],
  }),
  ReplicateKey: ({ client, key, createKey }) => ({
    async works() {
      const KeyId = await createKey({ MultiRegion: true });
      return client.send(new aws.ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    },
    answers: {
      ReplicaKeyMetadata: {
        MultiRegion: true,
        MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' },
      },
      ReplicaPolicy: expect.any(String),
    },
    refused: () =>
      client.send(new aws.ReplicateKeyCommand({ KeyId: key, ReplicaRegion: 'eu-west-1' })),
    error: [
      'UnsupportedOperationException',
      /^arn:aws:kms:\S+ is not a multi-region primary key\.$/,
    ],
  }),
  UpdatePrimaryRegion: ({ client, key, createKey }) => ({
    async works() {
      const KeyId = await createKey({ MultiRegion: true });
      await client.send(new aws.ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
      await client.send(new aws.UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' }));
      return client.send(new aws.DescribeKeyCommand({ KeyId }));
    },
    answers: { KeyMetadata: { MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' } } },
    refused: () =>
      client.send(new aws.UpdatePrimaryRegionCommand({ KeyId: key, PrimaryRegion: 'Europe' })),
    error: [
      'ValidationException',
      /'primaryRegion' failed to satisfy constraint: Member must satisfy regular expression pattern/,
    ],
  }),
} satisfies SdkCalls;
