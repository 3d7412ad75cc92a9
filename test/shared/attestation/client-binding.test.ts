import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issueDocument } from '../../../scripts/fixtures/attestation-authority.ts';
import {
  acceptingPolicy,
  documentWith,
  publicKey,
} from '../../../scripts/fixtures/attestation-documents.ts';
import {
  type AttestationPolicy,
  createNodeEngine,
  createVerifier,
  encodeClientBinding,
  hashClientBinding,
  MAX_CLIENT_DATA_BYTES,
  parseClientBinding,
} from '../../../shared/attestation/node.ts';
import { createNobleEngine } from '../../../shared/crypto/noble.ts';
import { concatBytes, encodeHex, parseHex } from '../../../shared/encoding.ts';
import { ConfigError } from '../../../shared/errors.ts';
import { codeOf } from '../../support/codes.ts';
import { judge, outcomeOf } from '../../support/judge.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const engine = createNodeEngine();
const utf8 = (text: string) => new TextEncoder().encode(text);
const configHash = new Uint8Array(32).fill(0xc0);
const data = utf8('the public key of the client');
const binding = encodeClientBinding({ purpose: 'client', configHash, data });
const userData = hashClientBinding(binding, engine);

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const anyBinding = fc.record({
  purpose: fc.constantFrom('client' as const, 'enclave' as const),
  configHash: bytes(32, 32),
  data: bytes(0, 200),
});

describe('the encoding of a client binding', () => {
  it('is the one that the documentation gives', () => {
    expect(encodeHex(binding)).toBe(
      [
        '00000023',
        encodeHex(utf8('nitro-key-broker client attestation')),
        '01',
        'c0'.repeat(32),
        '0000001c',
        encodeHex(data),
      ].join(''),
    );
  });

  it('is hashed with SHA-384, alike on both engines', () => {
    const expected = createHash('sha384').update(binding).digest('hex');
    expect(encodeHex(userData)).toBe(expected);
    expect(encodeHex(hashClientBinding(binding, createNobleEngine()))).toBe(expected);
  });

  it('is read back as what was written', () => {
    fc.assert(
      fc.property(anyBinding, (given) => {
        expect(parseClientBinding(encodeClientBinding(given))).toEqual(given);
      }),
    );
  });

  it('is another one for another binding', () => {
    fc.assert(
      fc.property(anyBinding, anyBinding, (a, b) => {
        const same =
          a.purpose === b.purpose &&
          encodeHex(a.configHash) === encodeHex(b.configHash) &&
          encodeHex(a.data) === encodeHex(b.data);
        expect(encodeHex(encodeClientBinding(a)) === encodeHex(encodeClientBinding(b))).toBe(same);
      }),
    );
  });

  it('has one reading only: whatever is read is written the same', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(bytes(0, 120), mutationsOf(binding)), (given) => {
        if (codeOf(() => parseClientBinding(given)) !== undefined) return;
        read += 1;
        expect(encodeClientBinding(parseClientBinding(given))).toEqual(given);
      }),
    );
    expect(read).toBeGreaterThan(0);
  });

  it('holds data of any length up to its limit', () => {
    for (const length of [0, 1, MAX_CLIENT_DATA_BYTES]) {
      const given = { purpose: 'enclave' as const, configHash, data: new Uint8Array(length) };
      expect(parseClientBinding(encodeClientBinding(given))).toEqual(given);
    }
  });

  it.each<[what: string, given: unknown]>([
    ['a configuration hash of SHA-384', { configHash: new Uint8Array(48), data }],
    ['no purpose', { purpose: undefined, configHash, data }],
    ['another purpose', { purpose: 'recipient', configHash, data }],
    ['no configuration hash', { data }],
    ['a configuration hash in hex', { configHash: 'c0'.repeat(32), data }],
    ['an array that is as long', { configHash: new Array(32).fill(0), data }],
    ['no data', { configHash }],
    ['text for data', { configHash, data: 'text' }],
    ['too much data', { configHash, data: new Uint8Array(MAX_CLIENT_DATA_BYTES + 1) }],
  ])('is not made with %s', (_what, given) => {
    const asked = { purpose: 'client', ...(given as object) };
    expect(codeOf(() => encodeClientBinding(asked as never))).toBe('CLIENT_BINDING_MEMBER');
  });

  const tooLong = concatBytes(
    binding.subarray(0, -data.length - 4),
    parseHex('00002001'),
    new Uint8Array(MAX_CLIENT_DATA_BYTES + 1),
  );
  it.each([
    ['nothing', new Uint8Array(0)],
    ['a byte more', concatBytes(binding, Uint8Array.of(0))],
    ['another version', Uint8Array.from(binding, (byte, at) => (at === 39 ? 2 : byte))],
    ['another purpose', Uint8Array.from(binding, (byte, at) => (at === 10 ? byte ^ 32 : byte))],
    ['more data than the limit', tooLong],
  ])('is not read from %s', (_what, given) => {
    expect(codeOf(() => parseClientBinding(given))).toBe('CLIENT_BINDING_SYNTAX');
  });

  it('is not read from a part of it', () => {
    for (const part of truncations(binding)) {
      expect(codeOf(() => parseClientBinding(part))).toBe('CLIENT_BINDING_SYNTAX');
    }
  });
});

const expected = { purpose: 'client' as const, binding, configHash, data };
const forClient = (fields = {}) =>
  documentWith({ fields: { public_key: null, user_data: userData, ...fields } });
const judgeBinding = (clientBinding: AttestationPolicy['clientBinding'], fields = {}) =>
  judge(forClient(fields), clientBinding === undefined ? {} : { clientBinding });

describe('a policy that expects a client binding', () => {
  const other = encodeClientBinding({ purpose: 'client', configHash: new Uint8Array(32), data });
  const otherData = encodeClientBinding({
    purpose: 'client',
    configHash,
    data: utf8('a key of the parent'),
  });
  const large = encodeClientBinding({ purpose: 'client', configHash, data: new Uint8Array(8192) });

  it('accepts a document that is bound so', async () => {
    const report = await judgeBinding(expected);
    expect(outcomeOf(report)).toBe('trusted');
    expect(
      report.checks
        .filter(({ id }) => /client|config/.test(id))
        .map(({ id, verdict }) => [id, verdict]),
    ).toEqual([
      ['policy.client_binding', 'passed'],
      ['policy.config_hash', 'passed'],
      ['policy.client_data', 'passed'],
    ]);
  });

  it('accepts any configuration where that is waived, and says so', async () => {
    const report = await judgeBinding({ ...expected, configHash: { waived: 'PCR0 covers it' } });
    expect(outcomeOf(report)).toBe('trusted');
    expect(report.checks.find(({ id }) => id === 'policy.config_hash')).toMatchObject({
      verdict: 'not reached',
      message: expect.stringContaining('PCR0 covers it'),
    });
  });

  it('accepts a client that has no data, where none is expected', async () => {
    const empty = encodeClientBinding({ purpose: 'client', configHash, data: new Uint8Array(0) });
    const report = await judgeBinding(
      { ...expected, binding: empty, data: new Uint8Array(0) },
      { user_data: hashClientBinding(empty, engine) },
    );
    expect(outcomeOf(report)).toBe('trusted');
  });

  it.each<[outcome: string, what: string, policy: typeof expected, fields?: object]>([
    ['POLICY_CLIENT_BINDING', 'user_data null', expected, { user_data: null }],
    ['POLICY_CLIENT_BINDING', 'user_data empty', expected, { user_data: new Uint8Array(0) }],
    ['POLICY_CLIENT_BINDING', 'the binding itself as user_data', expected, { user_data: binding }],
    [
      'POLICY_CLIENT_BINDING',
      'a hash that is cut off',
      expected,
      { user_data: userData.subarray(0, 32) },
    ],
    ['POLICY_CLIENT_BINDING', 'another purpose', { ...expected, purpose: 'enclave' as never }],
    ['POLICY_CLIENT_BINDING', 'a public key', expected, { public_key: publicKey }],
    ['POLICY_CLIENT_BINDING', 'an empty public key', expected, { public_key: new Uint8Array(0) }],
    ['POLICY_CLIENT_BINDING', 'another binding beside it', { ...expected, binding: other }],
    ['CLIENT_BINDING_SYNTAX', 'no binding beside it', { ...expected, binding: new Uint8Array(0) }],
    [
      'CLIENT_BINDING_SYNTAX',
      'what is no binding, hashed',
      { ...expected, binding: data },
      { user_data: hashClientBinding(data, engine) },
    ],
  ])('fails policy.client_binding %s: %s', async (code, _what, policy, fields) => {
    expect(outcomeOf(await judgeBinding(policy, fields))).toBe(`policy.client_binding ${code}`);
  });

  it('fails for another configuration, and names both', async () => {
    const report = await judgeBinding(
      { ...expected, binding: other },
      { user_data: hashClientBinding(other, engine) },
    );
    expect(outcomeOf(report)).toBe('policy.config_hash POLICY_CONFIG_HASH');
    expect(report.checks.find(({ id }) => id === 'policy.config_hash')).toMatchObject({
      expected: 'c0'.repeat(32),
      actual: '00'.repeat(32),
    });
  });

  it.each([
    ['other data', otherData, encodeHex(utf8('a key of the parent'))],
    [
      'data too long to show',
      large,
      `8192 bytes with SHA-256 ${createHash('sha256').update(new Uint8Array(8192)).digest('hex')}`,
    ],
    [
      'no data',
      encodeClientBinding({ purpose: 'client', configHash, data: new Uint8Array(0) }),
      'no data',
    ],
  ])('fails for %s, and shows both', async (_what, given, actual) => {
    const report = await judgeBinding(
      { ...expected, binding: given },
      { user_data: hashClientBinding(given, engine) },
    );
    expect(outcomeOf(report)).toBe('policy.client_data POLICY_CLIENT_DATA');
    expect(report.checks.find(({ id }) => id === 'policy.client_data')).toMatchObject({
      expected: encodeHex(data),
      actual,
    });
  });

  it('trusts no binding that differs in a byte', async () => {
    const { document, path } = issueDocument(forClient());
    const verifier = createVerifier({ trustAnchors: [{ der: path[0] as Uint8Array }] });
    const trusted: number[] = [];
    for (const { at, mutated } of oneByteMutations(binding)) {
      const clientBinding = { ...expected, binding: mutated };
      const { verdict } = await verifier.verify(document, { ...acceptingPolicy, clientBinding });
      if (verdict === 'trusted') trusted.push(at);
    }
    expect(trusted).toEqual([]);
  });

  it.each<[what: string, clientBinding: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['bytes', binding],
    ['without purpose', { binding, configHash, data }],
    ['an unknown purpose', { ...expected, purpose: 'recipient' }],
    ['without binding', { purpose: 'client', configHash, data }],
    ['without configHash', { purpose: 'client', binding, data }],
    ['without data', { purpose: 'client', binding, configHash }],
    ['data as text', { ...expected, data: 'text' }],
    ['configHash of 48 bytes', { ...expected, configHash: new Uint8Array(48) }],
    ['configHash waived without reason', { ...expected, configHash: { waived: '' } }],
    ['data waived', { ...expected, data: { waived: 'why' } }],
    ['a member that is misspelt', { ...expected, nonce: data }],
  ])('is refused where it leaves something open: %s', async (_what, clientBinding) => {
    const policy = { ...acceptingPolicy, clientBinding } as AttestationPolicy;
    const { document } = issueDocument(forClient());
    const error = await createVerifier({ trustAnchors: [] })
      .verify(document, policy)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'POLICY_INCOMPLETE' });
  });
});

/** Some bytes of a text replaced: near enough that some of them are read. */
function mutationsOf(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.nat(original.length - 1), fc.nat(255))
    .map(([at, value]) => Uint8Array.from(original, (byte, i) => (i === at ? value : byte)));
}
