import { Buffer } from 'node:buffer';

/** The `EncryptionContext` of a request; an empty one and an absent one are the same. */
export type EncryptionContext = ReadonlyMap<string, string>;

/** The longest canonical form that KMS accepts. */
export const MAX_ENCRYPTION_CONTEXT_BYTES = 8192;

/**
 * The one byte form of an encryption context, whatever order its entries came in.
 *
 * Nothing for an empty context; else a 16-bit count, then for each entry, ordered by the UTF-8
 * bytes of the key, `u16 length || key || u16 length || value`. The lengths are what keeps
 * `{"ab":"c"}` apart from `{"a":"bc"}`. It is the form of the AWS Encryption SDK specification.
 *
 * @returns undefined if the form would be longer than 8192 bytes.
 */
export function encodeEncryptionContext(context: EncryptionContext): Uint8Array | undefined {
  if (context.size === 0) return new Uint8Array(0);
  const entries = [...context]
    .map(([key, value]) => [Buffer.from(key, 'utf8'), Buffer.from(value, 'utf8')] as const)
    .sort(([a], [b]) => Buffer.compare(a, b));
  const length = entries.reduce((sum, [key, value]) => sum + 4 + key.length + value.length, 2);
  if (length > MAX_ENCRYPTION_CONTEXT_BYTES) return undefined;
  const form = Buffer.alloc(length);
  let at = form.writeUInt16BE(entries.length);
  for (const bytes of entries.flat()) {
    at = form.writeUInt16BE(bytes.length, at);
    at += bytes.copy(form, at);
  }
  return form;
}
