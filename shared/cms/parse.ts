import { Buffer } from 'node:buffer';
import {
  type BerNode,
  encodeOid,
  expectExplicit,
  expectSequence,
  expectSet,
  expectUniversal,
  isContext,
  isUniversal,
  parseBer,
  readInteger,
  readOctetString,
  readOid,
} from '../asn1/index.ts';
import type { FormatCode } from '../error-codes.ts';
import { FormatError } from '../errors.ts';
import {
  BLOCK_BYTES,
  CMS_VERSION,
  type Envelope,
  MAX_ENVELOPE_BYTES,
  oid,
  RECIPIENT_ID_BYTES,
} from './layout.ts';

const oidContents: ReadonlyMap<string, Uint8Array> = new Map(
  Object.values(oid).map((dotted) => [dotted, encodeOid(dotted).subarray(2)]),
);

/**
 * Reads the structure of a KMS `CiphertextForRecipient`: CMS EnvelopedData (RFC 5652) in BER.
 *
 * Accepts any BER lengths, and the ciphertext whole or in segments, but no structure other than the
 * one that KMS writes: one recipient named by a 32-byte key identifier, RSAES-OAEP with SHA-256
 * twice and no label, AES-256-CBC, whole blocks. Says nothing about whether the envelope opens.
 *
 * @throws {FormatError} ASN1_*, CMS_*
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const root = parseBer(bytes, { maxBytes: MAX_ENVELOPE_BYTES });
  const [contentType, content] = members(root, 2, 'ContentInfo');
  requireOid(contentType, oid.envelopedData, 'contentType', 'CMS_CONTENT_TYPE');

  const envelopedData = expectExplicit(content, 0, 'content');
  requireVersion(envelopedData, 'EnvelopedData');
  const [, recipientInfos, encryptedContentInfo] = members(envelopedData, 3, 'EnvelopedData');
  return {
    ...readRecipient(recipientInfos),
    ...readEncryptedContentInfo(encryptedContentInfo),
  };
}

function readRecipient(node: BerNode | undefined): Pick<Envelope, 'recipientId' | 'encryptedKey'> {
  const recipients = expectSet(node, 'recipientInfos');
  const [recipient] = recipients;
  // Of the choices of RecipientInfo, only KeyTransRecipientInfo is untagged.
  if (recipients.length !== 1 || !isUniversal(recipient, 'SEQUENCE')) {
    throw new FormatError('CMS_RECIPIENTS', 'recipientInfos: expected one KeyTransRecipientInfo');
  }
  requireVersion(recipient, 'KeyTransRecipientInfo');
  const [, rid, algorithm, key] = members(recipient, 4, 'KeyTransRecipientInfo');
  if (rid === undefined || !isContext(rid, 0)) {
    throw new FormatError('CMS_RECIPIENTS', 'rid: expected [0] subjectKeyIdentifier');
  }
  const recipientId = joinSegments(rid, 'rid');
  requireLength(recipientId, RECIPIENT_ID_BYTES, 'rid');
  checkOaep(algorithm);
  return { recipientId, encryptedKey: readOctetString(key, 'encryptedKey') };
}

/** RFC 4055 section 4.1. An absent hash or mask generation function would mean SHA-1. */
function checkOaep(node: BerNode | undefined): void {
  const [algorithm, parameters] = members(node, 2, 'keyEncryptionAlgorithm');
  requireOid(algorithm, oid.rsaesOaep, 'keyEncryptionAlgorithm', 'CMS_ALGORITHM');
  const [hash, maskGeneration, label, ...rest] = expectSequence(parameters, 'OAEP parameters');
  if (!isContext(hash, 0) || !isContext(maskGeneration, 1) || rest.length > 0) {
    throw new FormatError('CMS_ALGORITHM', 'OAEP: expected its hash and mask generation function');
  }
  checkSha256(expectExplicit(hash, 0, 'hashAlgorithm'), 'hashAlgorithm');
  const [mgf, mgfHash] = members(
    expectExplicit(maskGeneration, 1, 'maskGenAlgorithm'),
    2,
    'maskGenAlgorithm',
  );
  requireOid(mgf, oid.mgf1, 'maskGenAlgorithm', 'CMS_ALGORITHM');
  checkSha256(mgfHash, 'MGF1 hash');
  if (label !== undefined) checkNoLabel(label);
}

/** RFC 4055 section 2.1: the parameters of SHA-256 are absent or NULL. */
function checkSha256(node: BerNode | undefined, name: string): void {
  const [algorithm, parameters, ...rest] = expectSequence(node, name);
  requireOid(algorithm, oid.sha256, name, 'CMS_ALGORITHM');
  const plain =
    parameters === undefined ||
    expectUniversal(parameters, 'NULL', `${name} parameters`).contents.length === 0;
  if (!plain || rest.length > 0) {
    throw new FormatError('CMS_ALGORITHM', `${name}: SHA-256 takes no parameters`);
  }
}

function checkNoLabel(node: BerNode): void {
  const [source, label] = members(expectExplicit(node, 2, 'pSource'), 2, 'pSource');
  requireOid(source, oid.pSpecified, 'pSource', 'CMS_ALGORITHM');
  if (readOctetString(label, 'pSource').length > 0) {
    throw new FormatError('CMS_ALGORITHM', 'pSource: expected an empty label');
  }
}

function readEncryptedContentInfo(
  node: BerNode | undefined,
): Pick<Envelope, 'iv' | 'encryptedContent'> {
  const [contentType, algorithm, content] = members(node, 3, 'encryptedContentInfo');
  requireOid(contentType, oid.data, 'encryptedContentInfo', 'CMS_CONTENT_TYPE');

  const [cipher, parameters] = members(algorithm, 2, 'contentEncryptionAlgorithm');
  requireOid(cipher, oid.aes256Cbc, 'contentEncryptionAlgorithm', 'CMS_ALGORITHM');
  const iv = readOctetString(parameters, 'IV');
  requireLength(iv, BLOCK_BYTES, 'IV');

  if (content === undefined || !isContext(content, 0)) {
    throw new FormatError('CMS_STRUCTURE', 'encryptedContent: expected [0]');
  }
  const encryptedContent = joinSegments(content, 'encryptedContent');
  const { length } = encryptedContent;
  if (length === 0 || length % BLOCK_BYTES !== 0) {
    throw new FormatError('CMS_LENGTH', `encryptedContent: expected whole blocks, got ${length}`);
  }
  return { iv, encryptedContent };
}

/** An IMPLICIT OCTET STRING: primitive, or in segments that need not end with a cipher block. */
function joinSegments(node: BerNode, name: string): Uint8Array {
  if (!node.constructed) return node.contents;
  if (node.children.length === 1) return readOctetString(node.children[0], name);
  return Buffer.concat(node.children.map((segment) => readOctetString(segment, name)));
}

function members(node: BerNode | undefined, count: number, name: string): readonly BerNode[] {
  const children = expectSequence(node, name);
  if (children.length !== count) {
    throw new FormatError(
      'CMS_STRUCTURE',
      `${name}: expected ${count} members, got ${children.length}`,
    );
  }
  return children;
}

function requireVersion(node: BerNode | undefined, name: string): void {
  const version = readInteger(expectSequence(node, name)[0], `${name} version`);
  if (version !== CMS_VERSION) {
    throw new FormatError('CMS_VERSION', `${name}: expected version 2, got ${version}`);
  }
}

function requireOid(
  node: BerNode | undefined,
  wanted: string,
  name: string,
  code: Extract<FormatCode, 'CMS_CONTENT_TYPE' | 'CMS_ALGORITHM'>,
): void {
  const { contents } = expectUniversal(node, 'OBJECT IDENTIFIER', name);
  // Dotted names would be the larger part of reading an envelope, so they are for refusals.
  if (equalBytes(contents, oidContents.get(wanted))) return;
  throw new FormatError(code, `${name}: expected ${wanted}, got ${readOid(node, name)}`);
}

function equalBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  if (a.length !== b?.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function requireLength(bytes: Uint8Array, wanted: number, name: string): void {
  if (bytes.length !== wanted) {
    throw new FormatError('CMS_LENGTH', `${name}: expected ${wanted} bytes, got ${bytes.length}`);
  }
}
