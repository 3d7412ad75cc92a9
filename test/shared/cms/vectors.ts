import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { vectorsPath } from '../../support/vectors.ts';

interface IndexEntry {
  readonly file: string;
  readonly structure: {
    readonly subject_key_identifier_hex: string;
    readonly iv_hex: string;
    readonly encrypted_content_tag: string;
  };
  readonly encrypted_key_hex: string;
  readonly ciphertext_hex?: string;
  readonly ciphertext_sha256: string;
  readonly ciphertext_length: number;
  readonly private_key_file: string | null;
  readonly expected: {
    readonly content_encryption_key_hex?: string;
    readonly plaintext_hex?: string;
  };
}

export interface CmsVector {
  readonly name: string;
  readonly blob: Uint8Array;
  readonly entry: IndexEntry;
  readonly key: RecipientKey | undefined;
}

export interface RecipientKey {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
}

/** The recorded KMS blobs; none in a clone without ../shared/vectors. */
export const cmsVectors: readonly CmsVector[] = readVectors();

export function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function recipientKeyOf(privateKey: KeyObject): RecipientKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, spki: Uint8Array.from(spki) };
}

function readVectors(): CmsVector[] {
  const indexPath = vectorsPath('cms', 'index.json');
  if (indexPath === undefined) return [];
  const index = JSON.parse(readFileSync(indexPath, 'utf8')) as { vectors: IndexEntry[] };
  return index.vectors.map((entry) => ({
    name: entry.file,
    blob: Uint8Array.from(readFileSync(vectorsPath('cms', entry.file) as string)),
    entry,
    key: entry.private_key_file === null ? undefined : readKey(entry.private_key_file),
  }));
}

function readKey(file: string): RecipientKey {
  return recipientKeyOf(createPrivateKey(readFileSync(vectorsPath('cms', file) as string)));
}
