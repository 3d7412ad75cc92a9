// What another request changes between the authorisation of a request and its transaction.
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaults } from '../../../local-kms/faults/faults.ts';
import { parseSeed } from '../../../local-kms/index.ts';
import { createListener } from '../../../local-kms/listener.ts';
import { createDecisionLog, type DecisionLog } from '../../../local-kms/request/decisions.ts';
import { plantSeed } from '../../../local-kms/seed/plant.ts';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { KeyRecord } from '../../../local-kms/store/records.ts';
import { grantName, type Transaction } from '../../../local-kms/store/store.ts';
import { createKeyPolicyCache } from '../../../shared/key-policy/index.ts';
import { silentLogger } from '../../../shared/log.ts';
import { GRANTED_KEY_ID, grantRecordOf } from '../../support/grants.ts';
import { signedPost } from '../../support/signed-post.ts';

const ROLE = 'arn:aws:iam::111122223333:role/app';
const KEY = { keyId: GRANTED_KEY_ID, region: 'us-east-1', account: '111122223333' };

const policyOf = (...actions: string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: ROLE }, Action: actions, Resource: '*' },
  });

const seed = (policy: string) =>
  parseSeed(
    JSON.stringify({
      principals: [
        {
          accessKeyId: 'app',
          secretAccessKey: 'app',
          arn: 'arn:aws:sts::111122223333:assumed-role/app/session',
        },
      ],
      keys: [{ keyId: KEY.keyId, policy }],
    }),
  );

let opened: OpenStore;
let decisions: DecisionLog;
let app: FastifyInstance | undefined;

beforeEach(() => {
  opened = openTemporaryStore(randomBytes);
  decisions = createDecisionLog(10);
});

afterEach(async () => {
  await app?.close();
  await opened.close();
});

/** Asks a server in whose store `change` is made before the transaction of the request runs. */
async function ask(
  { policy, change }: { policy: string; change?: (transaction: Transaction) => void },
  target: string,
  members: object,
) {
  const { store, vault } = opened;
  const { principals = [], ...planted } = seed(policy);
  const backend = { servedRegion: 'any', store, vault, now: Date.now, randomBytes };
  await plantSeed(backend, { ...planted, principals });
  app = createListener({
    service: {
      backend: {
        ...backend,
        store: {
          ...store,
          async write(action) {
            if (change !== undefined) await store.write(change);
            return store.write(action);
          },
        },
      },
      principals: new Map(principals.map((principal) => [principal.accessKeyId, principal])),
      policies: createKeyPolicyCache(10),
      verifyRecipient: () => Promise.reject(new Error('no recipient is expected')),
      decisions,
      audit: () => {},
      recordAttestedCall: undefined,
      logger: silentLogger,
    },
    faults: createFaults(undefined),
    tls: undefined,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return signedPost(app.server.address() as AddressInfo, {
    target: `TrentService.${target}`,
    body: JSON.stringify({ KeyId: KEY.keyId, ...members }),
    credentials: { accessKeyId: 'app', secretAccessKey: 'app' },
  });
}

const newPolicy =
  (policy: string) =>
  ({ keys }: Transaction): void =>
    keys.put({ ...(keys.get(KEY, KEY.keyId) as KeyRecord), policy });

const aGrant = { GranteePrincipal: ROLE, Operations: ['Decrypt'] };

describe('a call that changes the store', () => {
  it('is carried out if it is still allowed in its transaction', async () => {
    const policy = policyOf('kms:CreateGrant');
    const change = newPolicy(policyOf('kms:CreateGrant', 'kms:Decrypt'));
    expect((await ask({ policy, change }, 'CreateGrant', aGrant)).status).toBe(200);
    expect(opened.store.grants.count(KEY)).toBe(1);
  });

  it('creates no grant once the key policy does not allow it, and says why', async () => {
    const change = newPolicy(policyOf('kms:Decrypt'));
    const answer = await ask(
      { policy: policyOf('kms:CreateGrant'), change },
      'CreateGrant',
      aGrant,
    );
    expect(answer).toMatchObject({ status: 400, body: { __type: 'AccessDeniedException' } });
    expect(opened.store.grants.count(KEY)).toBe(0);
    expect(decisions.get(answer.requestId ?? '')?.effect).toBe('implicit-deny');
  });

  it('creates no grant once the grant that allowed it has ended', async () => {
    const grant = grantRecordOf({
      granteePrincipal: ROLE,
      operations: ['CreateGrant', 'Decrypt'],
    });
    await opened.store.write(({ grants }) => grants.put(grant));
    const change = ({ grants }: Transaction) => grants.remove(grant, grantName(grant));
    const answer = await ask({ policy: policyOf('kms:Verify'), change }, 'CreateGrant', aGrant);
    expect(answer.body.__type).toBe('AccessDeniedException');
    expect(opened.store.grants.count(KEY)).toBe(0);
  });

  it('puts no policy once the policy does not let it', async () => {
    const policy = policyOf('kms:PutKeyPolicy');
    const change = newPolicy(policyOf('kms:Decrypt'));
    const answer = await ask({ policy, change }, 'PutKeyPolicy', { Policy: policy });
    expect(answer.body.__type).toBe('AccessDeniedException');
    expect(opened.store.keys.get(KEY, KEY.keyId)?.policy).toBe(policyOf('kms:Decrypt'));
  });
});
