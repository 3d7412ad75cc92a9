import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalKey, createContextLookup } from '../../../shared/key-policy/context.ts';
import { attestationContext, encryptionContextEntries } from '../../../shared/key-policy/index.ts';

const pcrs = new Map([
  [0, new Uint8Array(48).fill(0xab)],
  [8, new Uint8Array(48)],
  [31, new Uint8Array([0, 1, 255])],
]);

describe('attestationContext', () => {
  it('of an enclave: its PCRs and its image, in lower-case hex', () => {
    expect(Object.fromEntries(attestationContext({ kind: 'enclave', pcrs }))).toEqual({
      'kms:RecipientAttestation:ImageSha384': ['ab'.repeat(48)],
      'kms:RecipientAttestation:PCR0': ['ab'.repeat(48)],
      'kms:RecipientAttestation:PCR8': ['00'.repeat(48)],
      'kms:RecipientAttestation:PCR31': ['0001ff'],
    });
  });

  it('of a NitroTPM: its 24 PCRs under their own names, and nothing of an enclave', () => {
    expect([...attestationContext({ kind: 'nitrotpm', pcrs }).keys()].sort()).toEqual([
      'kms:RecipientAttestation:NitroTPMPCR0',
      'kms:RecipientAttestation:NitroTPMPCR8',
    ]);
  });

  it('has no image where there is no PCR 0', () => {
    expect(attestationContext({ kind: 'enclave', pcrs: new Map() }).size).toBe(0);
  });
});

describe('encryptionContextEntries', () => {
  it('gives each pair, and the list of keys', () => {
    const context = new Map([
      ['Tenant', 'a'],
      ['__proto__', 'b'],
    ]);
    expect([...encryptionContextEntries(context)]).toEqual([
      ['kms:EncryptionContextKeys', ['Tenant', '__proto__']],
      ['kms:EncryptionContext:Tenant', ['a']],
      ['kms:EncryptionContext:__proto__', ['b']],
    ]);
  });

  it('gives nothing for an empty context, as for none', () => {
    expect(encryptionContextEntries(new Map()).size).toBe(0);
  });
});

describe('a key is found', () => {
  const lookup = createContextLookup(
    new Map([
      ['kms:ViaService', ['s3.us-east-1.amazonaws.com']],
      ['kms:EncryptionContext:Tenant', ['a']],
      ['__proto__', ['x']],
    ]),
  );

  it.each([
    ['KMS:viaservice', ['s3.us-east-1.amazonaws.com']],
    ['KMS:encryptioncontext:Tenant', ['a']],
    ['kms:EncryptionContext:tenant', []],
    ['kms:EncryptionContextKeys', []],
    ['constructor', []],
    ['__proto__', ['x']],
  ])('as %s', (key, values) => {
    expect(lookup.valuesOf(canonicalKey(key))).toEqual(values);
  });
});

describe('the encryption context of a request', () => {
  it('is read back from its condition keys, whatever they are', () => {
    const pairs = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string()));
    fc.assert(
      fc.property(pairs, (list) => {
        const context = new Map(list);
        const other = new Map([['kms:ViaService', ['kms:EncryptionContext:x']]]);
        const lookup = createContextLookup(
          new Map([...other, ...encryptionContextEntries(context)]),
        );
        expect(lookup.encryptionContext()).toEqual(context);
      }),
    );
  });

  it('is none where a key has two values', () => {
    const lookup = createContextLookup(
      new Map([
        ['kms:EncryptionContext:a', ['1']],
        ['KMS:encryptioncontext:a', ['2']],
      ]),
    );
    expect(lookup.encryptionContext()).toBeUndefined();
  });

  it('has no pair for a key without values', () => {
    const lookup = createContextLookup(new Map([['kms:EncryptionContext:a', []]]));
    expect(lookup.encryptionContext()).toEqual(new Map());
  });
});
