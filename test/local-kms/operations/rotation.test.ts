import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import {
  createClockedClient,
  createTestClock,
  DAY_SECONDS,
  startClockedKms,
} from '../../support/clocked-kms.ts';
import { refusalOf } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const clock = createTestClock();

let kms: LocalKms;
let client: KMSClient;
let european: KMSClient;

beforeAll(async () => {
  kms = await startClockedKms(clock);
  client = createClockedClient(clock, kms);
  european = createClockedClient(clock, kms, { region: 'eu-west-1' });
});

afterAll(async () => {
  client.destroy();
  european.destroy();
  await kms.close();
});

async function createKey(input: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand(input));
  return KeyMetadata?.Arn ?? '';
}

const idOf = (arn: string): string => arn.replace(/^.*\//, '');

const rotate = (KeyId: string) => client.send(new RotateKeyOnDemandCommand({ KeyId }));

const statusOf = async (KeyId: string, by = client) => {
  const { $metadata, ...status } = await by.send(new GetKeyRotationStatusCommand({ KeyId }));
  return status;
};

const currentOf = async (KeyId: string, by = client): Promise<string> => {
  const { KeyMetadata } = await by.send(new DescribeKeyCommand({ KeyId }));
  return KeyMetadata?.CurrentKeyMaterialId ?? '';
};

const rotationsOf = async (KeyId: string, by = client) => {
  const { Rotations } = await by.send(new ListKeyRotationsCommand({ KeyId }));
  return Rotations ?? [];
};

const encrypt = async (KeyId: string, by = client) => {
  const { CiphertextBlob } = await by.send(
    new EncryptCommand({ KeyId, Plaintext: Buffer.from('plain') }),
  );
  return CiphertextBlob as Uint8Array;
};

const decrypt = async (CiphertextBlob: Uint8Array, by = client) => {
  const { Plaintext, KeyMaterialId } = await by.send(new DecryptCommand({ CiphertextBlob }));
  return { text: Buffer.from(Plaintext ?? []).toString(), KeyMaterialId };
};

describe('automatic rotation', () => {
  it('is off in a new key, and turned on and off', async () => {
    const KeyId = await createKey();
    expect(await statusOf(KeyId)).toEqual({ KeyId, KeyRotationEnabled: false });
    await client.send(new EnableKeyRotationCommand({ KeyId }));
    expect(await statusOf(KeyId)).toEqual({
      KeyId,
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
      NextRotationDate: new Date(clock.now() + 365 * DAY_SECONDS * 1000),
    });
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    expect(await statusOf(KeyId)).toMatchObject({
      RotationPeriodInDays: 90,
      NextRotationDate: new Date(clock.now() + 90 * DAY_SECONDS * 1000),
    });
    await client.send(new DisableKeyRotationCommand({ KeyId }));
    expect(await statusOf(KeyId)).toEqual({ KeyId, KeyRotationEnabled: false });
  });

  it('happens on its date, not before, and old ciphertexts decrypt', async () => {
    const KeyId = await createKey();
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const due = clock.now() + 90 * DAY_SECONDS * 1000;
    const first = await currentOf(KeyId);
    const old = await encrypt(KeyId);

    clock.advance(90 * DAY_SECONDS - 1);
    expect(await currentOf(KeyId)).toBe(first);
    clock.advance(1);
    const second = await currentOf(KeyId);
    expect(second).not.toBe(first);
    expect(await decrypt(old)).toEqual({ text: 'plain', KeyMaterialId: first });
    expect(await decrypt(await encrypt(KeyId))).toEqual({ text: 'plain', KeyMaterialId: second });
    expect(await rotationsOf(KeyId)).toEqual([
      {
        KeyId: idOf(KeyId),
        KeyMaterialId: second,
        KeyMaterialState: 'CURRENT',
        RotationDate: new Date(due),
        RotationType: 'AUTOMATIC',
      },
    ]);
    expect((await statusOf(KeyId)).NextRotationDate).toEqual(
      new Date(due + 90 * DAY_SECONDS * 1000),
    );
  });

  it('makes up for several dates by one rotation, and keeps the schedule', async () => {
    const KeyId = await createKey();
    const start = clock.now();
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 100 }));
    clock.advance(350 * DAY_SECONDS);
    const [rotation, ...more] = await rotationsOf(KeyId);
    expect(rotation?.RotationDate).toEqual(new Date(start + 300 * DAY_SECONDS * 1000));
    expect(more).toEqual([]);
    expect((await statusOf(KeyId)).NextRotationDate).toEqual(
      new Date(start + 400 * DAY_SECONDS * 1000),
    );
  });

  it('rotates a key that is only the destination of a ReEncrypt', async () => {
    const SourceKeyId = await createKey();
    const DestinationKeyId = await createKey();
    const before = await currentOf(DestinationKeyId);
    await client.send(
      new EnableKeyRotationCommand({ KeyId: DestinationKeyId, RotationPeriodInDays: 90 }),
    );
    clock.advance(91 * DAY_SECONDS);
    const { DestinationKeyMaterialId } = await client.send(
      new ReEncryptCommand({ CiphertextBlob: await encrypt(SourceKeyId), DestinationKeyId }),
    );
    expect(DestinationKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(DestinationKeyMaterialId).not.toBe(before);
  });

  it('waits while a key is disabled', async () => {
    const KeyId = await createKey();
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await client.send(new DisableKeyCommand({ KeyId }));
    clock.advance(95 * DAY_SECONDS);
    expect(await statusOf(KeyId)).toMatchObject({ KeyRotationEnabled: true });
    expect(await rotationsOf(KeyId)).toEqual([]);
    await client.send(new EnableKeyCommand({ KeyId }));
    expect(await rotationsOf(KeyId)).toHaveLength(1);
  });

  it('is off while a key is pending deletion, and comes back', async () => {
    const KeyId = await createKey();
    await client.send(new EnableKeyRotationCommand({ KeyId }));
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(await statusOf(KeyId)).toEqual({ KeyId, KeyRotationEnabled: false });
    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    expect(await statusOf(KeyId)).toMatchObject({ KeyRotationEnabled: true });
  });

  it('survives a restart', async () => {
    const store = { kind: 'directory', directory: temporaryDirectory() } as const;
    const first = await startClockedKms(clock, { store });
    const before = createClockedClient(clock, first);
    const { KeyMetadata } = await before.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.Arn ?? '';
    await before.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const old = await encrypt(KeyId, before);
    before.destroy();
    await first.close();
    clock.advance(90 * DAY_SECONDS);

    const second = await startClockedKms(clock, { store });
    const after = createClockedClient(clock, second);
    try {
      expect(await currentOf(KeyId, after)).not.toBe(KeyMetadata?.CurrentKeyMaterialId);
      expect(await decrypt(old, after)).toEqual({
        text: 'plain',
        KeyMaterialId: KeyMetadata?.CurrentKeyMaterialId,
      });
    } finally {
      after.destroy();
      await second.close();
    }
  });
});

describe('RotateKeyOnDemand', () => {
  it('makes new material current, and leaves the schedule as it is', async () => {
    const KeyId = await createKey();
    await client.send(new EnableKeyRotationCommand({ KeyId }));
    const { NextRotationDate } = await statusOf(KeyId);
    const first = await currentOf(KeyId);
    const old = await encrypt(KeyId);
    clock.advance(60);

    expect(await rotate(KeyId)).toMatchObject({ KeyId });
    const second = await currentOf(KeyId);
    expect(second).not.toBe(first);
    expect(await decrypt(old)).toEqual({ text: 'plain', KeyMaterialId: first });
    expect((await statusOf(KeyId)).NextRotationDate).toEqual(NextRotationDate);
    expect(await rotationsOf(KeyId)).toEqual([
      {
        KeyId: idOf(KeyId),
        KeyMaterialId: second,
        KeyMaterialState: 'CURRENT',
        RotationDate: clock.date,
        RotationType: 'ON_DEMAND',
      },
    ]);
  });

  it('is refused after 25 times', async () => {
    const KeyId = await createKey();
    for (let i = 0; i < 25; i++) await rotate(KeyId);
    expect(await refusalOf(rotate(KeyId))).toMatchObject({
      name: 'LimitExceededException',
      message: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${KeyId}`,
    });
  });

  it('is refused within the 20 minutes before an automatic one', async () => {
    const KeyId = await createKey();
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    clock.advance(90 * DAY_SECONDS - 1201);
    await rotate(KeyId);
    clock.advance(1);
    expect((await refusalOf(rotate(KeyId))).name).toBe('ConflictException');
  });
});

describe('ListKeyRotations', () => {
  it('is empty at first, and gives pages in the order of the rotations', async () => {
    const KeyId = await createKey();
    const empty = await client.send(new ListKeyRotationsCommand({ KeyId }));
    expect(empty).toMatchObject({ Rotations: [], Truncated: false });
    expect(empty.NextMarker).toBeUndefined();

    const ids: string[] = [await currentOf(KeyId)];
    for (let i = 0; i < 3; i++) {
      await rotate(KeyId);
      ids.push(await currentOf(KeyId));
    }
    const page = await client.send(new ListKeyRotationsCommand({ KeyId, Limit: 2 }));
    expect(page.Truncated).toBe(true);
    expect(page.Rotations?.map(({ KeyMaterialId }) => KeyMaterialId)).toEqual(ids.slice(1, 3));
    const rest = await client.send(
      new ListKeyRotationsCommand({ KeyId, Limit: 2, Marker: page.NextMarker }),
    );
    expect(rest).toMatchObject({
      Truncated: false,
      Rotations: [{ KeyMaterialId: ids[3], KeyMaterialState: 'CURRENT' }],
    });
    const { Rotations: all } = await client.send(
      new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
    );
    expect(all?.[0]).toEqual({
      KeyId: idOf(KeyId),
      KeyMaterialId: ids[0],
      KeyMaterialState: 'NON_CURRENT',
    });
    expect(all).toHaveLength(4);
  });

  it.each(['!', 'abcd'])('refuses the marker %j', async (Marker) => {
    const KeyId = await createKey();
    const refusal = await refusalOf(client.send(new ListKeyRotationsCommand({ KeyId, Marker })));
    expect(refusal.name).toBe('InvalidMarkerException');
  });
});

describe('refusals', () => {
  const RSA = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' } as const;
  const HMAC = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;
  const EXTERNAL = { Origin: 'EXTERNAL' } as const;
  const disabled = async (KeyId: string) => {
    await client.send(new DisableKeyCommand({ KeyId }));
  };
  const toGo = async (KeyId: string) => {
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
  };
  const asIs = async () => {};
  const operations = {
    enable: (KeyId: string) => client.send(new EnableKeyRotationCommand({ KeyId })),
    disable: (KeyId: string) => client.send(new DisableKeyRotationCommand({ KeyId })),
    status: (KeyId: string) => client.send(new GetKeyRotationStatusCommand({ KeyId })),
    rotate,
    list: (KeyId: string) => client.send(new ListKeyRotationsCommand({ KeyId })),
  } as const;

  // A text of undefined: the service sends none, and the SDK then says so in its own words.
  it.each<
    [
      keyof typeof operations,
      CreateKeyCommandInput,
      string,
      (KeyId: string) => Promise<void>,
      string,
      ((arn: string) => string) | undefined,
    ]
  >([
    ['rotate', {}, 'disabled', disabled, 'DisabledException', (a) => `${a} is disabled.`],
    ['rotate', RSA, 'disabled', disabled, 'DisabledException', (a) => `${a} is disabled.`],
    ['rotate', RSA, 'enabled', asIs, 'UnsupportedOperationException', undefined],
    ['rotate', HMAC, 'enabled', asIs, 'UnsupportedOperationException', undefined],
    [
      'rotate',
      EXTERNAL,
      'pending import',
      asIs,
      'KMSInvalidStateException',
      (a) => `${a} is pending import.`,
    ],
    [
      'rotate',
      {},
      'pending deletion',
      toGo,
      'KMSInvalidStateException',
      (a) => `${a} is pending deletion.`,
    ],
    ['enable', {}, 'disabled', disabled, 'DisabledException', (a) => `${a} is disabled.`],
    ['enable', RSA, 'enabled', asIs, 'UnsupportedOperationException', undefined],
    ['disable', HMAC, 'enabled', asIs, 'UnsupportedOperationException', undefined],
    [
      'enable',
      EXTERNAL,
      'pending import',
      asIs,
      'UnsupportedOperationException',
      (a) => `${a} origin is EXTERNAL which is not valid for this operation.`,
    ],
    [
      'status',
      EXTERNAL,
      'pending import',
      asIs,
      'UnsupportedOperationException',
      (a) => `${a} origin is EXTERNAL which is not valid for this operation.`,
    ],
    [
      'disable',
      {},
      'pending deletion',
      toGo,
      'KMSInvalidStateException',
      (a) => `${a} is pending deletion.`,
    ],
    ['list', RSA, 'enabled', asIs, 'UnsupportedOperationException', undefined],
  ])('%s of a key %j that is %s', async (operation, input, _, prepare, name, text) => {
    const KeyId = await createKey(input);
    await prepare(KeyId);
    const refusal = await refusalOf(operations[operation](KeyId));
    expect(refusal.name).toBe(name);
    if (text === undefined) expect(refusal.message).toMatch(/^(UnknownError|)$/);
    else expect(refusal.message).toBe(text(KeyId));
  });

  it.each([
    [89, 'greater than or equal to 90'],
    [2561, 'less than or equal to 2560'],
  ])('a period of %i days', async (RotationPeriodInDays, bound) => {
    const KeyId = await createKey();
    const call = client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays }));
    expect(await refusalOf(call)).toMatchObject({
      name: 'ValidationException',
      message: `1 validation error detected: Value '${RotationPeriodInDays}' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value ${bound}`,
    });
  });

  it('tells that rotation of an asymmetric key is not enabled', async () => {
    const KeyId = await createKey(RSA);
    expect(await statusOf(KeyId)).toEqual({ KeyId, KeyRotationEnabled: false });
  });

  it('a period that the policy does not allow', async () => {
    const KeyId = await createKey();
    const allow = (Action: string | string[], Condition?: object) => ({
      Effect: 'Allow',
      Principal: '*',
      Action,
      Resource: '*',
      ...(Condition && { Condition }),
    });
    await client.send(
      new PutKeyPolicyCommand({
        KeyId,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            allow(['kms:PutKeyPolicy', 'kms:GetKeyRotationStatus']),
            allow('kms:EnableKeyRotation', {
              NumericLessThanEquals: { 'kms:RotationPeriodInDays': '100' },
            }),
          ],
        }),
      }),
    );
    const enable = (RotationPeriodInDays?: number) =>
      client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays }));
    expect((await refusalOf(enable(101))).name).toBe('AccessDeniedException');
    expect((await refusalOf(enable())).name).toBe('AccessDeniedException');
    await enable(100);
  });
});

describe('multi-Region keys', () => {
  async function createPair(): Promise<string> {
    const KeyId = await createKey({ MultiRegion: true });
    await client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    return idOf(KeyId);
  }

  it('rotate together, to the same material', async () => {
    const id = await createPair();
    const old = await encrypt(id, european);
    await rotate(id);
    expect(await currentOf(id, european)).toBe(await currentOf(id));
    expect(await decrypt(await encrypt(id), european)).toMatchObject({ text: 'plain' });
    expect(await decrypt(old)).toMatchObject({ text: 'plain' });
    expect(await rotationsOf(id, european)).toEqual(await rotationsOf(id));
  });

  it('share the schedule, whichever of them is asked and is the primary', async () => {
    const id = await createPair();
    await client.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }));
    expect(await statusOf(id, european)).toMatchObject({ KeyRotationEnabled: true });
    await client.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: 'eu-west-1' }));
    clock.advance(90 * DAY_SECONDS);
    expect(await rotationsOf(id)).toHaveLength(1);
    expect(await currentOf(id)).toBe(await currentOf(id, european));
    await european.send(new DisableKeyRotationCommand({ KeyId: id }));
    expect(await statusOf(id)).toMatchObject({ KeyRotationEnabled: false });
  });

  it.each([
    ['RotateKeyOnDemand', (KeyId: string) => new RotateKeyOnDemandCommand({ KeyId })],
    ['EnableKeyRotation', (KeyId: string) => new EnableKeyRotationCommand({ KeyId })],
    ['DisableKeyRotation', (KeyId: string) => new DisableKeyRotationCommand({ KeyId })],
  ])('refuse %s of a replica', async (_, command) => {
    const id = await createPair();
    expect(await refusalOf(european.send(command(id) as EnableKeyRotationCommand))).toMatchObject({
      name: 'UnsupportedOperationException',
      message: `arn:aws:kms:eu-west-1:111122223333:key/${id} is not a multi-region primary key.`,
    });
  });
});
