import * as aws from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { ARN, notThere, type SdkCalls, UNKNOWN } from './scene.ts';

export const aliasesCalls = {
  CreateAlias: ({ client, key, createAlias }) => ({
    async works() {
      const KeyId = await createAlias();
      return client.send(new aws.DescribeKeyCommand({ KeyId }));
    },
    answers: { KeyMetadata: { KeyId: key } },
    refused: () => client.send(new aws.CreateAliasCommand({ AliasName: 'name', TargetKeyId: key })),
    error: [
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    ],
  }),
  UpdateAlias: ({ client, key, symmetric, createAlias }) => ({
    async works() {
      const AliasName = await createAlias();
      await client.send(new aws.UpdateAliasCommand({ AliasName, TargetKeyId: symmetric }));
      return client.send(new aws.DescribeKeyCommand({ KeyId: `${ARN}${AliasName}` }));
    },
    answers: { KeyMetadata: { KeyId: symmetric } },
    refused: () =>
      client.send(new aws.UpdateAliasCommand({ AliasName: 'alias/none', TargetKeyId: key })),
    error: ['NotFoundException', /alias\/none/],
  }),
  DeleteAlias: ({ client, key, createAlias }) => ({
    async works() {
      await client.send(new aws.DeleteAliasCommand({ AliasName: await createAlias() }));
      return client.send(new aws.ListAliasesCommand({ KeyId: key }));
    },
    answers: { Aliases: [] },
    refused: () => client.send(new aws.DeleteAliasCommand({ AliasName: 'alias/none' })),
    error: ['NotFoundException', /alias\/none/],
  }),
  ListAliases: ({ client, key, createAlias }) => ({
    async works() {
      await createAlias();
      return client.send(new aws.ListAliasesCommand({ KeyId: key }));
    },
    answers: {
      Aliases: [
        {
          TargetKeyId: key,
          AliasArn: expect.stringContaining(`${ARN}alias/`),
          CreationDate: expect.any(Date),
          LastUpdatedDate: expect.any(Date),
        },
      ],
    },
    refused: () => client.send(new aws.ListAliasesCommand({ KeyId: UNKNOWN })),
    error: ['NotFoundException', notThere],
  }),
} satisfies SdkCalls;
