import * as aws from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { ID, keyArn, notThere, ROLE, type SdkCalls, UNKNOWN } from './scene.ts';

export const policiesCalls = {
  PutKeyPolicy: ({ client, key }) => ({
    async works() {
      const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await client.send(new aws.PutKeyPolicyCommand({ KeyId: key, Policy }));
      return client.send(new aws.GetKeyPolicyCommand({ KeyId: key }));
    },
    answers: { Policy: expect.stringContaining('"Principal":"*"'), PolicyName: 'default' },
    refused: () => client.send(new aws.PutKeyPolicyCommand({ KeyId: key, Policy: '{' })),
    error: ['MalformedPolicyDocumentException', /./],
  }),
  GetKeyPolicy: ({ client, key }) => ({
    works: () => client.send(new aws.GetKeyPolicyCommand({ KeyId: key })),
    answers: { Policy: expect.stringContaining('key-default-1'), PolicyName: 'default' },
    refused: () => client.send(new aws.GetKeyPolicyCommand({ KeyId: 'alias/none' })),
    error: ['NotFoundException', /./],
  }),
  ListKeyPolicies: ({ client, key }) => ({
    works: () => client.send(new aws.ListKeyPoliciesCommand({ KeyId: key })),
    answers: { PolicyNames: ['default'], Truncated: false },
    refused: () => client.send(new aws.ListKeyPoliciesCommand({ KeyId: UNKNOWN })),
    error: ['NotFoundException', notThere],
  }),
  CreateGrant: ({ client, key, createGrant }) => ({
    works: createGrant,
    answers: { GrantId: expect.stringMatching(ID), GrantToken: expect.any(String) },
    refused: () =>
      client.send(
        new aws.CreateGrantCommand({ KeyId: key, GranteePrincipal: ROLE, Operations: ['Sign'] }),
      ),
    error: ['ValidationException', /./],
  }),
  ListGrants: ({ client, key, createGrant }) => ({
    async works() {
      await createGrant();
      return client.send(new aws.ListGrantsCommand({ KeyId: key }));
    },
    answers: {
      Grants: [
        {
          KeyId: keyArn(key),
          GranteePrincipal: ROLE,
          Operations: ['Decrypt'],
          CreationDate: expect.any(Date),
        },
      ],
    },
    refused: () => client.send(new aws.ListGrantsCommand({ KeyId: UNKNOWN })),
    error: ['NotFoundException', notThere],
  }),
  ListRetirableGrants: ({ client, key, createGrant }) => ({
    async works() {
      await createGrant();
      return client.send(new aws.ListRetirableGrantsCommand({ RetiringPrincipal: ROLE }));
    },
    answers: {
      Grants: expect.arrayContaining([
        expect.objectContaining({ RetiringPrincipal: ROLE, KeyId: keyArn(key) }),
      ]),
    },
    refused: () => client.send(new aws.ListRetirableGrantsCommand({ RetiringPrincipal: 'a b' })),
    error: ['ValidationException', /Value 'a b' at 'retiringPrincipal' failed/],
  }),
  RetireGrant: ({ client, key, createGrant }) => ({
    async works() {
      const { GrantToken } = await createGrant();
      await client.send(new aws.RetireGrantCommand({ GrantToken }));
      return client.send(new aws.ListGrantsCommand({ KeyId: key }));
    },
    answers: { Grants: [] },
    refused: () => client.send(new aws.RetireGrantCommand({ GrantToken: 'none' })),
    error: ['InvalidGrantTokenException', /./],
  }),
  RevokeGrant: ({ client, key, createGrant }) => ({
    async works() {
      const { GrantId } = await createGrant();
      await client.send(new aws.RevokeGrantCommand({ KeyId: key, GrantId }));
      return client.send(new aws.ListGrantsCommand({ KeyId: key }));
    },
    answers: { Grants: [] },
    refused: () => client.send(new aws.RevokeGrantCommand({ KeyId: key, GrantId: 'none' })),
    error: ['InvalidGrantIdException', /./],
  }),
} satisfies SdkCalls;
