import { createCipheriv } from 'node:crypto';
import { wrapContentKey } from '../../../shared/cms/content-key.ts';
import {
  type assemble,
  contentKey,
  contextPrimitive,
  iv,
  newRecipient,
  octets,
  recipient,
} from './envelopes.ts';

/** Encrypts whole blocks as they are, so that a test chooses the padding. */
export function rawContent(blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', contentKey, iv).setAutoPadding(false);
  return contextPrimitive(0, Buffer.concat([cipher.update(blocks), cipher.final()]));
}

const wrapped = (key: Uint8Array) => ({
  encryptedKey: octets(wrapContentKey(key, recipient.privateKey)),
});
/** Content whose last block ends with these bytes. */
export const padded = (...tail: number[]) => {
  const blocks = new Uint8Array(32).fill(0x41);
  blocks.set(tail, blocks.length - tail.length);
  return { content: rawContent(blocks) };
};
/** What fails once the private key is used: all of it in one way. */
export const failures: [string, Parameters<typeof assemble>[0]][] = [
  ['an encrypted key that is zero', { encryptedKey: octets(new Uint8Array(256)) }],
  ['an encrypted key above the modulus', { encryptedKey: octets(new Uint8Array(256).fill(0xff)) }],
  [
    'a content key sealed to another key',
    { encryptedKey: octets(wrapContentKey(contentKey, newRecipient(2048).privateKey)) },
  ],
  ['an empty content key', wrapped(new Uint8Array(0))],
  ['a content key of 16 bytes', wrapped(contentKey.subarray(16))],
  ['a content key of 31 bytes', wrapped(contentKey.subarray(1))],
  ['a content key of 33 bytes', wrapped(Uint8Array.of(...contentKey, 7))],
  ['padding of 0', padded(0)],
  ['padding of 17', padded(...new Array<number>(17).fill(17))],
  ['padding of 255', padded(255)],
  ['padding of 2 after another byte', padded(1, 2)],
  ['padding of 16 with its first byte wrong', padded(15, ...new Array<number>(15).fill(16))],
];
