import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  type GrantOperation,
  ListGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionRecord } from '../../../local-kms/index.ts';
import {
  anchorOf,
  createTestEnclave,
  createTestRoot,
  type TestEnclave,
} from '../../support/attested-recipient.ts';
import {
  APP_ROLE,
  ARNS,
  allow,
  createGrantedKey,
  type GrantScene,
  type Player,
  startGrantScene,
} from '../../support/grant-scene.ts';
import { refusalOf } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const PCR0 = '0a'.repeat(48);
const ATTESTED = { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': PCR0 } };

let scene: GrantScene;
let enclave: TestEnclave;

beforeAll(async () => {
  const root = await createTestRoot();
  scene = await startGrantScene({ trustAnchors: [anchorOf(root)] });
  enclave = createTestEnclave({ root, pcrs: { 0: new Uint8Array(48).fill(0x0a) } });
});

afterAll(() => scene.close());

type Context = Readonly<Record<string, string>>;

async function grantTo(
  GranteePrincipal: string,
  KeyId: string,
  Operations: readonly GrantOperation[],
  rest: Partial<CreateGrantCommandInput> = {},
  player: Player = 'admin',
) {
  const input = { KeyId, GranteePrincipal, Operations: [...Operations], ...rest };
  const { GrantId = '', GrantToken = '' } = await scene.as[player].send(
    new CreateGrantCommand(input),
  );
  return { KeyId, GrantId, GrantToken };
}

const encrypt = (player: Player, KeyId: string, EncryptionContext: Context = {}) =>
  scene.as[player].send(
    new EncryptCommand({ KeyId, Plaintext: new Uint8Array([1]), EncryptionContext }),
  );

async function decisionOf(requestId: string | undefined): Promise<DecisionRecord> {
  const response = await fetch(`${scene.kms.endpoint}/_local/decisions/${requestId}`);
  return (await response.json()) as DecisionRecord;
}

describe('a grant', () => {
  it('lets every session of a role do what it names, and nobody else, and nothing else', async () => {
    const key = await createGrantedKey(scene);
    expect((await refusalOf(encrypt('app', key))).name).toBe('AccessDeniedException');
    const { GrantId } = await grantTo(APP_ROLE, key, ['Encrypt']);

    const { $metadata } = await encrypt('app', key);
    const decision = await decisionOf($metadata.requestId);
    expect(decision.authorizations).toMatchObject([
      { effect: 'allow', settledBy: 'grant', grants: [{ grantId: GrantId, matched: true }] },
    ]);
    expect(decision.text).toContain(`Grant "${GrantId}": allows`);

    expect((await refusalOf(encrypt('bystander', key))).name).toBe('AccessDeniedException');
    const other = await refusalOf(
      scene.as.app.send(new GenerateDataKeyCommand({ KeyId: key, KeySpec: 'AES_256' })),
    );
    expect(other.message).toBe(
      `User: ${ARNS.app} is not authorized to perform: kms:GenerateDataKey on resource: ${key} because no resource-based policy allows the kms:GenerateDataKey action`,
    );
    expect((await decisionOf(other.requestId)).authorizations[0]?.grants).toMatchObject([
      { grantId: GrantId, matched: false, mismatch: 'operation' },
    ]);
  });

  it('can be to one session of a role', async () => {
    const key = await createGrantedKey(scene);
    await grantTo(ARNS.app, key, ['Encrypt']);
    await encrypt('app', key);
  });

  it.each<['Equals' | 'Subset', string, Context, Context, boolean]>([
    ['Equals', 'the same in another order', { a: '1', b: '2' }, { b: '2', a: '1' }, true],
    ['Equals', 'one pair more', { a: '1' }, { a: '1', b: '2' }, false],
    ['Equals', 'another value', { a: '1' }, { a: '2' }, false],
    ['Equals', 'no context', { a: '1' }, {}, false],
    ['Subset', 'the same', { a: '1' }, { a: '1' }, true],
    ['Subset', 'one pair more', { a: '1' }, { a: '1', b: '2' }, true],
    ['Subset', 'one pair less', { a: '1', b: '2' }, { a: '1' }, false],
    ['Subset', 'no context', { a: '1' }, {}, false],
  ])('holds its constraint: %s, %s', async (type, _name, pairs, context, allowed) => {
    const key = await createGrantedKey(scene);
    await grantTo(APP_ROLE, key, ['Encrypt', 'DescribeKey'], {
      Constraints: { [`EncryptionContext${type}`]: pairs },
    });
    const call = encrypt('app', key, context);
    if (allowed) await call;
    else expect((await refusalOf(call)).name).toBe('AccessDeniedException');
    // Which has no encryption context.
    await scene.as.app.send(new DescribeKeyCommand({ KeyId: key }));
  });

  it('is recorded up to a hundred times', async () => {
    const key = await createGrantedKey(scene);
    await Promise.all(Array.from({ length: 110 }, () => grantTo(APP_ROLE, key, ['Decrypt'])));
    const allowing = await grantTo(APP_ROLE, key, ['Encrypt']);
    const { $metadata } = await encrypt('app', key);
    const allowed = await decisionOf($metadata.requestId);
    expect(allowed.authorizations[0]?.grants).toMatchObject([{ grantId: allowing.GrantId }]);
    const { requestId } = await refusalOf(
      scene.as.app.send(new DescribeKeyCommand({ KeyId: key })),
    );
    const refused = await decisionOf(requestId);
    expect(refused.authorizations[0]?.grants).toHaveLength(100);
    expect(refused.text.split('\n').length).toBeLessThan(120);
  });
});

describe('a grant for Decrypt on a key that only attested code may use', () => {
  const attestedOnly = allow(APP_ROLE, ['Decrypt'], ATTESTED);
  const denyOthers = {
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringNotEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': PCR0 } },
  };

  async function decrypt(player: Player, KeyId: string, attested: boolean) {
    const { CiphertextBlob } = await encrypt('admin', KeyId);
    return scene.as[player].send(
      new DecryptCommand({
        CiphertextBlob,
        KeyId,
        ...(attested && { Recipient: await enclave.recipient() }),
      }),
    );
  }

  it('bypasses an Allow with conditions', async () => {
    const key = await createGrantedKey(scene, { statements: [attestedOnly] });
    expect((await refusalOf(decrypt('app', key, false))).name).toBe('AccessDeniedException');
    await grantTo(APP_ROLE, key, ['Decrypt']);
    expect((await decrypt('app', key, false)).Plaintext).toEqual(new Uint8Array([1]));
  });

  it('does not bypass a Deny with a negated operator', async () => {
    const key = await createGrantedKey(scene, { statements: [attestedOnly, denyOthers] });
    await grantTo(APP_ROLE, key, ['Decrypt']);
    await grantTo(ARNS.helper, key, ['Decrypt']);
    const refusal = await refusalOf(decrypt('app', key, false));
    expect(refusal.message).toContain('with an explicit deny in a resource-based policy');
    const answer = await decrypt('helper', key, true);
    expect(enclave.open(answer.CiphertextForRecipient)).toEqual(new Uint8Array([1]));
    expect(answer.Plaintext).toBeUndefined();
  });
});

describe('a caller who may create grants by a grant alone', () => {
  const parent: readonly GrantOperation[] = ['Encrypt', 'DescribeKey', 'CreateGrant'];
  const equals = (pairs: Context) => ({ Constraints: { EncryptionContextEquals: pairs } });
  const subset = (pairs: Context) => ({ Constraints: { EncryptionContextSubset: pairs } });

  it.each<
    [
      string,
      Partial<CreateGrantCommandInput>,
      readonly GrantOperation[],
      Partial<CreateGrantCommandInput>,
      boolean,
    ]
  >([
    ['the same operations', {}, parent, {}, true],
    ['fewer operations', {}, ['Encrypt'], {}, true],
    ['another operation', {}, ['Encrypt', 'Decrypt'], {}, false],
    ['a constraint where it has none', {}, ['Encrypt'], equals({ a: '1' }), true],
    ['its constraint', equals({ a: '1' }), ['Encrypt'], equals({ a: '1' }), true],
    ['no constraint where it has one', equals({ a: '1' }), ['Encrypt'], {}, false],
    ['a looser kind', equals({ a: '1' }), ['Encrypt'], subset({ a: '1' }), false],
    ['a stricter kind', subset({ a: '1' }), ['Encrypt'], equals({ a: '1' }), true],
    ['more pairs', subset({ a: '1' }), ['Encrypt'], subset({ a: '1', b: '2' }), true],
    ['fewer pairs', subset({ a: '1', b: '2' }), ['Encrypt'], subset({ a: '1' }), false],
    ['another value', subset({ a: '1' }), ['Encrypt'], subset({ a: '2' }), false],
  ])('hands on %s', async (_name, own, operations, rest, allowed) => {
    const key = await createGrantedKey(scene);
    await grantTo(ARNS.helper, key, parent, own);
    const call = grantTo(ARNS.bystander, key, operations, rest, 'helper');
    if (!allowed) {
      expect((await refusalOf(call)).name).toBe('AccessDeniedException');
      return;
    }
    await call;
    const [pairs] = Object.values(rest.Constraints ?? {});
    await encrypt('bystander', key, pairs ?? {});
  });
});

describe('a grant across accounts', () => {
  it('lets its grantee in only if IAM of the other account does so too', async () => {
    const key = await createGrantedKey(scene);
    await grantTo(ARNS.foreign, key, ['Encrypt']);
    await grantTo(ARNS.powerless, key, ['Encrypt']);
    await encrypt('foreign', key);
    expect((await refusalOf(encrypt('powerless', key))).name).toBe('AccessDeniedException');
  });

  it('can be created, listed and ended by another account that the key policy allows', async () => {
    const key = await createGrantedKey(scene, {
      statements: [allow(ARNS.foreign, ['CreateGrant', 'ListGrants', 'RevokeGrant'])],
    });
    const revoked = await grantTo(APP_ROLE, key, ['Encrypt'], {}, 'foreign');
    const retired = await grantTo(APP_ROLE, key, ['Encrypt'], {}, 'foreign');
    const list = () => scene.as.foreign.send(new ListGrantsCommand({ KeyId: key }));
    const { Grants } = await list();
    expect(Grants?.map(({ IssuingAccount }) => IssuingAccount)).toEqual([
      'arn:aws:iam::444455556666:root',
      'arn:aws:iam::444455556666:root',
    ]);
    await scene.as.foreign.send(new RevokeGrantCommand({ KeyId: key, GrantId: revoked.GrantId }));
    await scene.as.foreign.send(new RetireGrantCommand({ GrantToken: retired.GrantToken }));
    expect((await list()).Grants).toEqual([]);
  });
});

describe('grants that have ended', () => {
  type Step = { readonly act: 'create' | 'retire' | 'revoke'; readonly at: number };
  const steps = fc.array(
    fc.record({ act: fc.constantFrom<Step['act']>('create', 'retire', 'revoke'), at: fc.nat(3) }),
    { maxLength: 8 },
  );

  it('allow nothing, in whatever order they come and go', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const key = await createGrantedKey(scene);
        const live: Awaited<ReturnType<typeof grantTo>>[] = [];
        for (const { act, at } of sequence) {
          if (act === 'create') {
            live.push(
              await grantTo(APP_ROLE, key, ['Encrypt'], { RetiringPrincipal: ARNS.helper }),
            );
          } else {
            const [grant] = live.splice(at, 1);
            if (grant === undefined) continue;
            const { GrantId, GrantToken } = grant;
            await (act === 'retire'
              ? scene.as.helper.send(new RetireGrantCommand({ GrantToken }))
              : scene.as.admin.send(new RevokeGrantCommand({ KeyId: key, GrantId })));
          }
          const call = encrypt('app', key);
          if (live.length > 0) await call;
          else expect((await refusalOf(call)).name).toBe('AccessDeniedException');
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('a restart on the same directory', () => {
  it('keeps the grants, their tokens, and what has ended', async () => {
    const directory = temporaryDirectory();
    const first = await startGrantScene({ store: { kind: 'directory', directory } });
    const key = await createGrantedKey(first);
    const create = (RetiringPrincipal: string) =>
      first.as.admin.send(
        new CreateGrantCommand({
          KeyId: key,
          GranteePrincipal: APP_ROLE,
          Operations: ['Encrypt'],
          RetiringPrincipal,
        }),
      );
    const kept = await create(ARNS.helper);
    const ended = await create(ARNS.helper);
    await first.as.helper.send(new RetireGrantCommand({ GrantToken: ended.GrantToken }));
    await first.close();

    const second = await startGrantScene({ store: { kind: 'directory', directory } });
    const { Grants } = await second.as.admin.send(new ListGrantsCommand({ KeyId: key }));
    expect(Grants?.map(({ GrantId }) => GrantId)).toEqual([kept.GrantId]);
    const encrypted = new EncryptCommand({ KeyId: key, Plaintext: new Uint8Array([1]) });
    await second.as.app.send(encrypted);
    await second.as.helper.send(new RetireGrantCommand({ GrantToken: kept.GrantToken }));
    expect((await refusalOf(second.as.app.send(encrypted))).name).toBe('AccessDeniedException');
    await second.close();
  });
});
