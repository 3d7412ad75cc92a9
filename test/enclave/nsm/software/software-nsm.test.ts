import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createSoftwareNsm,
  type SoftwareNsmOptions,
} from '../../../../enclave/nsm/software/index.ts';
import {
  type AttestationPolicy,
  createVerifier,
  parseTrustAnchor,
} from '../../../../shared/attestation/index.ts';
import { pcrOfInstance, pcrOfRole } from '../../../../shared/attestation/pcr.ts';
import { encodeCbor } from '../../../../shared/cbor/index.ts';
import { createNodeEngine } from '../../../../shared/crypto/node.ts';
import { concatBytes, encodeHex, parseHex } from '../../../../shared/encoding.ts';
import {
  createNsmClient,
  encodeRequest,
  type NsmRequest,
  parseResponse,
} from '../../../../shared/nsm/index.ts';
import { createDevelopmentNsmRoot, type KeyedCertificate } from '../../../../shared/pki/index.ts';

const START = Date.UTC(2026, 4, 21, 12, 7, 37, 345);
const INSTANCE = 'i-0123456789abcdef0';
const MODULE = `${INSTANCE}-enc019e4a6ea7444bda`;
const ZERO = new Uint8Array(48);
const pcr = (byte: number): Uint8Array => new Uint8Array(48).fill(byte);
const engine = createNodeEngine();
const PCRS = {
  0: pcr(1),
  1: pcr(2),
  2: pcr(3),
  3: pcrOfRole(engine, 'arn:aws:iam::1:role/r'),
  8: pcr(8),
};
const NOTHING = { userData: null, nonce: null, publicKey: null };

let root: KeyedCertificate;
beforeAll(async () => {
  root = await createDevelopmentNsmRoot({ now: () => START });
});

/** Counts up, so that no two calls answer the same bytes. */
function countingBytes(): (length: number) => Uint8Array {
  let next = 0;
  return (length) => Uint8Array.from({ length }, () => next++);
}

function options(changes: Partial<SoftwareNsmOptions> = {}): SoftwareNsmOptions {
  return {
    root,
    region: 'eu-west-1',
    instanceId: INSTANCE,
    moduleId: MODULE,
    pcrs: PCRS,
    debug: false,
    now: () => START,
    randomBytes: countingBytes(),
    ...changes,
  };
}

async function errorOf(message: Uint8Array): Promise<unknown> {
  const response = parseResponse(await createSoftwareNsm(options()).request(message));
  return response.command === 'Error' ? response.error : response;
}

describe('createSoftwareNsm', () => {
  it('describes itself', async () => {
    const client = createNsmClient(createSoftwareNsm(options()));
    await client.lockPcr(17);
    expect(await client.describe()).toEqual({
      versionMajor: 1,
      versionMinor: 0,
      versionPatch: 0,
      moduleId: MODULE,
      maxPcrs: 32,
      lockedPcrs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17],
      digest: 'SHA384',
    });
  });

  it('extends, describes and locks registers', async () => {
    const client = createNsmClient(createSoftwareNsm(options()));
    const value = await client.extendPcr(16, Uint8Array.of(1, 2, 3));
    expect(encodeHex(value)).toMatch(/^cb178fcd3f328244/);
    expect(await client.describePcr(16)).toEqual({ lock: false, data: value });
    await client.lockPcrs(18);
    expect(await client.describePcr(17)).toEqual({ lock: true, data: ZERO });
    await expect(client.extendPcr(16, ZERO)).rejects.toMatchObject({ code: 'NSM_READ_ONLY_INDEX' });
  });

  it('answers 256 random bytes', async () => {
    const nsm = createSoftwareNsm(options());
    const response = parseResponse(await nsm.request(encodeRequest({ command: 'GetRandom' })));
    expect(response).toEqual({ command: 'GetRandom', random: countingBytes()(256) });
    expect(await createNsmClient(nsm).getRandom(600)).toHaveLength(600);
  });

  it.each<[string, NsmRequest, string]>([
    ['DescribePCR 32', { command: 'DescribePCR', index: 32 }, 'InvalidIndex'],
    ['ExtendPCR 32', { command: 'ExtendPCR', index: 32, data: ZERO }, 'InvalidIndex'],
    ['LockPCR 32', { command: 'LockPCR', index: 32 }, 'InvalidIndex'],
    ['LockPCR 65535', { command: 'LockPCR', index: 65535 }, 'InvalidIndex'],
    ['LockPCRs 33', { command: 'LockPCRs', range: 33 }, 'InvalidIndex'],
    ['ExtendPCR 15', { command: 'ExtendPCR', index: 15, data: ZERO }, 'ReadOnlyIndex'],
    ['LockPCR 0', { command: 'LockPCR', index: 0 }, 'ReadOnlyIndex'],
    [
      'Attestation with a nonce of 1025 bytes',
      { command: 'Attestation', ...NOTHING, nonce: new Uint8Array(1025) },
      'InputTooLarge',
    ],
    [
      'Attestation with user_data of 1025 bytes',
      { command: 'Attestation', ...NOTHING, userData: new Uint8Array(1025) },
      'InputTooLarge',
    ],
    [
      'Attestation with a public_key of 1025 bytes',
      { command: 'Attestation', ...NOTHING, publicKey: new Uint8Array(1025) },
      'InputTooLarge',
    ],
  ])('answers %s with its error', async (_, request, error) => {
    expect(await errorOf(encodeRequest(request))).toBe(error);
  });

  it.each([
    ['an empty request', new Uint8Array(0), 'InvalidOperation'],
    ['no CBOR', Uint8Array.of(0xff), 'InvalidOperation'],
    ['an unknown command', encodeCbor('Reboot'), 'InvalidOperation'],
    ['a request of 4097 bytes', new Uint8Array(4097), 'InputTooLarge'],
  ])('answers %s with its error', async (_, message, error) => {
    expect(await errorOf(message)).toBe(error);
  });

  it('takes requests in the order in which they come, one at a time', async () => {
    const nsm = createSoftwareNsm(options());
    const client = createNsmClient(nsm);
    const [document, value, , after] = await Promise.all([
      client.attest({}),
      client.extendPcr(16, Uint8Array.of(1)),
      client.lockPcr(16),
      client.attest({}),
    ]);
    const hex = encodeHex(value);
    expect(encodeHex(document)).not.toContain(hex);
    expect(encodeHex(after)).toContain(hex);
  });

  it('reads the request before it returns, so that its array may be used again', async () => {
    const nsm = createSoftwareNsm(options());
    const first = nsm.request(encodeRequest({ command: 'Attestation', ...NOTHING }));
    const message = encodeRequest({ command: 'LockPCR', index: 16 });
    const second = nsm.request(message);
    message.fill(0);
    await first;
    expect(parseResponse(await second)).toEqual({ command: 'LockPCR' });
  });

  it('finishes what is under way when closed, and refuses what comes later', async () => {
    const nsm = createSoftwareNsm(options());
    const client = createNsmClient(nsm);
    const underWay = client.attest({});
    nsm.close();
    await expect(client.describe()).rejects.toMatchObject({ code: 'NSM_CLOSED' });
    expect((await underWay).length).toBeGreaterThan(4000);
  });

  it('answers a failure of its own with an internal error, and goes on', async () => {
    let fails = true;
    const nsm = createSoftwareNsm(
      options({ now: () => (fails ? Number.NaN : START), randomBytes: countingBytes() }),
    );
    const client = createNsmClient(nsm);
    await expect(client.attest({})).rejects.toMatchObject({ code: 'NSM_INTERNAL_ERROR' });
    fails = false;
    expect((await client.attest({})).length).toBeGreaterThan(4000);
  });

  it('makes an enclave id of the time and random bytes when it is given none', async () => {
    const { moduleId: _, ...rest } = options({ now: () => 0x019e4a6ea744 });
    const client = createNsmClient(createSoftwareNsm(rest));
    expect((await client.describe()).moduleId).toBe(`${INSTANCE}-enc019e4a6ea7440001`);
  });

  it.each<[string, Partial<SoftwareNsmOptions>]>([
    ['region', { region: '' }],
    ['region', { region: 'eu-west-1,O=Other' }],
    ['region', { region: `eu-${'west'.repeat(5)}-1` }],
    ['instanceId', { instanceId: 'i-1234' }],
    ['instanceId', { instanceId: 'i-0123456789ABCDEF0' }],
    ['moduleId', { moduleId: INSTANCE }],
    ['moduleId', { moduleId: `${MODULE}0` }],
    ['moduleId', { moduleId: MODULE.replace('i-01', 'i-00') }],
    ['pcrs', { pcrs: { 5: pcr(1) } }],
    ['pcrs', { pcrs: { 0: new Uint8Array(32) } }],
  ])('refuses a wrong %s', (option, changes) => {
    expect(() => createSoftwareNsm(options(changes))).toThrowError(
      expect.objectContaining({ code: 'SOFTWARE_NSM_OPTION', details: { option } }),
    );
  });
});

describe('a document of the software NSM', () => {
  const policy: AttestationPolicy = {
    clock: { mode: 'live', now: () => START, maxAgeSeconds: 300, skewSeconds: 5 },
    measurements: { enclave: [new Map([[0, pcr(1)]])] },
    nonce: { waived: 'this test asks for none' },
    debug: 'refused',
  };

  function verifierOf(anchor: KeyedCertificate) {
    return createVerifier({
      engine: createNodeEngine(),
      trustAnchors: [parseTrustAnchor(anchor.certificate)],
    });
  }

  it('is trusted by the verifier under the development root, and carries what was asked', async () => {
    const fields = {
      publicKey: new Uint8Array(1024).fill(1),
      userData: new Uint8Array(1024).fill(2),
      nonce: new Uint8Array(1024).fill(3),
    };
    const document = await createNsmClient(createSoftwareNsm(options())).attest(fields);
    const report = await verifierOf(root).verify(document, {
      ...policy,
      nonce: fields.nonce,
      moduleId: MODULE,
      instanceId: INSTANCE,
      roleArn: 'arn:aws:iam::1:role/r',
    });
    expect(report.failure).toBeUndefined();
    expect(report.verdict).toBe('trusted');
    expect(report.document).toMatchObject({
      kind: 'enclave',
      moduleId: MODULE,
      timestamp: START,
      ...fields,
    });
    expect(Object.fromEntries(report.document?.pcrs ?? [])).toEqual({
      ...Object.fromEntries(Array.from({ length: 16 }, (_, index) => [index, ZERO])),
      ...PCRS,
      4: pcrOfInstance(engine, INSTANCE),
    });
  });

  it('is not trusted under another root', async () => {
    const other = await createDevelopmentNsmRoot({ now: () => START });
    const document = await createNsmClient(createSoftwareNsm(options())).attest({});
    const report = await verifierOf(other).verify(document, policy);
    expect(report.verdict).toBe('untrusted');
  });

  it('is of debug mode when asked: PCR0, 1, 2 and 8 are zero, PCR3 and PCR4 are not', async () => {
    const client = createNsmClient(createSoftwareNsm(options({ debug: true })));
    const document = await client.attest({});
    const verifier = verifierOf(root);
    const refused = await verifier.verify(document, policy);
    expect(refused.verdict).toBe('untrusted');
    const { verdict, document: content } = await verifier.verify(document, {
      ...policy,
      measurements: { waived: 'this test reads them' },
      debug: 'allowed',
    });
    expect(verdict).toBe('trusted');
    for (const index of [0, 1, 2, 3, 4, 8]) {
      const expected = index === 3 ? PCRS[3] : index === 4 ? pcrOfInstance(engine, INSTANCE) : ZERO;
      expect(content?.pcrs.get(index)).toEqual(expected);
      expect((await client.describePcr(index)).data).toEqual(expected);
    }
  });

  it('has a fresh time and signature each, and the same leaf for hours', async () => {
    let time = START;
    const client = createNsmClient(createSoftwareNsm(options({ now: () => time })));
    const first = await client.attest({});
    time += 2 * 3_600_000;
    const second = await client.attest({});
    time += 2 * 3_600_000;
    const third = await client.attest({});
    const leaves: string[] = [];
    for (const [document, at] of [
      [first, START],
      [second, START + 2 * 3_600_000],
      [third, START + 4 * 3_600_000],
    ] as const) {
      const report = await verifierOf(root).verify(document, {
        ...policy,
        clock: { mode: 'live', now: () => at, maxAgeSeconds: 1, skewSeconds: 0 },
      });
      expect(report.verdict).toBe('trusted');
      const leaf = report.document?.certificate ?? new Uint8Array(0);
      leaves.push(new X509Certificate(leaf).serialNumber);
    }
    expect(leaves[1]).toBe(leaves[0]);
    expect(leaves[2]).not.toBe(leaves[0]);
    expect(second.subarray(-96)).not.toEqual(first.subarray(-96));
  });

  it('starts as every document of the hardware does', async () => {
    const document = await createNsmClient(createSoftwareNsm(options())).attest({});
    // COSE_Sign1, ES384, empty header, a payload of two length bytes; the indefinite map; module_id.
    const expected = concatBytes(
      parseHex('8444a1013822a059'),
      document.subarray(8, 10),
      parseHex('bf696d6f64756c655f69647827'),
      new TextEncoder().encode(MODULE),
      parseHex('66646967657374665348413338346974696d657374616d701b'),
    );
    expect(document.subarray(0, expected.length)).toEqual(expected);
    expect(document.length).toBeGreaterThan(4300);
    expect(document.length).toBeLessThan(4900);
  });
});
