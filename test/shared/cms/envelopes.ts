import { generateKeyPairSync } from 'node:crypto';
import {
  contextIdentifier,
  encodeDefinite,
  encodeIndefinite,
  encodeOid,
  identifier,
} from '../../../shared/asn1/index.ts';
import { encryptContent } from '../../../shared/cms/content.ts';
import { wrapContentKey } from '../../../shared/cms/content-key.ts';
import { oid } from '../../../shared/cms/layout.ts';
import { recipientIdOf } from '../../../shared/cms/recipient-id.ts';
import { type RecipientKey, recipientKeyOf } from './vectors.ts';

export const recipient: RecipientKey = newRecipient(2048);
export const recipientId = recipientIdOf(recipient.spki);

export function newRecipient(modulusLength: number): RecipientKey {
  return recipientKeyOf(generateKeyPairSync('rsa', { modulusLength }).privateKey);
}

export const contentKey = new Uint8Array(32).fill(7);
export const iv = new Uint8Array(16).fill(9);
export const plaintext = new TextEncoder().encode('nineteen characters');

export const sequence = (...members: Uint8Array[]): Uint8Array =>
  encodeDefinite(identifier.SEQUENCE, ...members);
export const octets = (bytes: Uint8Array): Uint8Array =>
  encodeDefinite(identifier['OCTET STRING'], bytes);
export const context = (tag: number, ...members: Uint8Array[]): Uint8Array =>
  encodeDefinite(contextIdentifier(tag, 'constructed'), ...members);
export const contextPrimitive = (tag: number, bytes: Uint8Array): Uint8Array =>
  encodeDefinite(contextIdentifier(tag, 'primitive'), bytes);
export const integer = (value: number): Uint8Array =>
  encodeDefinite(identifier.INTEGER, Uint8Array.of(value));
export const nullValue = encodeDefinite(identifier.NULL);
export const algorithm = (dotted: string, ...parameters: Uint8Array[]): Uint8Array =>
  sequence(encodeOid(dotted), ...parameters);

export const sha256 = algorithm(oid.sha256, nullValue);

/** Every field of a good envelope, in DER, so that a test can put another in its place. */
export function fields() {
  return {
    contentType: encodeOid(oid.envelopedData),
    version: integer(2),
    recipientVersion: integer(2),
    rid: contextPrimitive(0, recipientId),
    oaep: encodeOid(oid.rsaesOaep),
    oaepParameters: sequence(context(0, sha256), context(1, algorithm(oid.mgf1, sha256))),
    encryptedKey: octets(wrapContentKey(contentKey, recipient.privateKey)),
    dataType: encodeOid(oid.data),
    cipher: algorithm(oid.aes256Cbc, octets(iv)),
    content: contextPrimitive(0, encryptContent(plaintext, contentKey, iv)),
    moreRecipients: [] as Uint8Array[],
    moreMembers: [] as Uint8Array[],
    recipientInfo: undefined as Uint8Array | undefined,
  };
}

export function assemble(replaced: Partial<ReturnType<typeof fields>>): Uint8Array {
  const f = { ...fields(), ...replaced };
  const recipientInfo =
    f.recipientInfo ??
    sequence(f.recipientVersion, f.rid, sequence(f.oaep, f.oaepParameters), f.encryptedKey);
  return sequence(
    f.contentType,
    context(
      0,
      sequence(
        f.version,
        encodeDefinite(identifier.SET, recipientInfo, ...f.moreRecipients),
        sequence(f.dataType, f.cipher, f.content),
        ...f.moreMembers,
      ),
    ),
  );
}

/** encryptedContent as constructed [0] around these segments. */
export const segments = (...parts: Uint8Array[]): Uint8Array =>
  encodeIndefinite(contextIdentifier(0, 'constructed'), ...parts.map(octets));
