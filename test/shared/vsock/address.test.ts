import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../../shared/vsock/index.ts';

const accepted: readonly [string, Address][] = [
  ['vsock://3:8000', { kind: 'vsock', cid: 3, port: 8000 }],
  ['vsock://0:0', { kind: 'vsock', cid: 0, port: 0 }],
  ['vsock://4294967295:4294967295', { kind: 'vsock', cid: 4294967295, port: 4294967295 }],
  ['unix:/run/broker.sock', { kind: 'unix', path: '/run/broker.sock' }],
  ['unix:relative path.sock', { kind: 'unix', path: 'relative path.sock' }],
  [`unix:${'p'.repeat(107)}`, { kind: 'unix', path: 'p'.repeat(107) }],
  ['tcp://127.0.0.1:0', { kind: 'tcp', host: '127.0.0.1', port: 0 }],
  [
    'tcp://kms.us-east-1.amazonaws.com:443',
    { kind: 'tcp', host: 'kms.us-east-1.amazonaws.com', port: 443 },
  ],
  ['tcp://[::1]:65535', { kind: 'tcp', host: '::1', port: 65535 }],
];

const refused: readonly [string, string][] = [
  ['', 'ADDRESS_SYNTAX'],
  ['vsock://3', 'ADDRESS_SYNTAX'],
  ['vsock:3:8000', 'ADDRESS_SYNTAX'],
  ['vsock://host:8000', 'ADDRESS_SYNTAX'],
  ['vsock://3:8000/', 'ADDRESS_SYNTAX'],
  ['vsock://03:8000', 'ADDRESS_SYNTAX'],
  ['vsock://-1:8000', 'ADDRESS_SYNTAX'],
  ['vsock://0x3:8000', 'ADDRESS_SYNTAX'],
  ['vsock://3:8e3', 'ADDRESS_SYNTAX'],
  ['vsock://٣:8000', 'ADDRESS_SYNTAX'],
  ['vsock://3:8000\n', 'ADDRESS_SYNTAX'],
  ['vsock://4294967296:1', 'ADDRESS_RANGE'],
  ['vsock://3:4294967296', 'ADDRESS_RANGE'],
  [`vsock://3:${'9'.repeat(280)}`, 'ADDRESS_RANGE'],
  [`vsock://3:${'9'.repeat(400)}`, 'ADDRESS_SYNTAX'],
  ['tcp://127.0.0.1', 'ADDRESS_SYNTAX'],
  ['tcp://:80', 'ADDRESS_SYNTAX'],
  ['tcp://::1:80', 'ADDRESS_SYNTAX'],
  ['tcp://[::1:80', 'ADDRESS_SYNTAX'],
  ['tcp://[localhost]:80', 'ADDRESS_SYNTAX'],
  ['tcp://user@host:80', 'ADDRESS_SYNTAX'],
  ['tcp://host:65536', 'ADDRESS_RANGE'],
  ['http://host:80', 'ADDRESS_SYNTAX'],
  ['TCP://host:80', 'ADDRESS_SYNTAX'],
  ['unix:', 'ADDRESS_PATH'],
  ['unix:a\0b', 'ADDRESS_PATH'],
  [`unix:${'p'.repeat(108)}`, 'ADDRESS_PATH'],
  [`unix:${'é'.repeat(54)}`, 'ADDRESS_PATH'],
];

describe('an address', () => {
  it.each(accepted)('%s is read, and written the same', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  it.each(refused)('%j is refused as %s', (text, code) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code }));
  });

  it('is either refused with a code or written back as it was read, whatever one changed byte makes of it', () => {
    for (const [text] of accepted) {
      const index = fc.integer({ min: 0, max: text.length - 1 });
      const letter = fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte));
      fc.assert(
        fc.property(index, letter, (at, byte) => {
          expectRoundTripOrCode(text.slice(0, at) + byte + text.slice(at + 1));
        }),
      );
    }
  });

  it('is either refused with a code or written back as it was read, for any text', () => {
    const scheme = fc.constantFrom('', 'vsock://', 'unix:', 'tcp://', 'tcp://[');
    fc.assert(fc.property(scheme, fc.string(), (head, tail) => expectRoundTripOrCode(head + tail)));
  });
});

function expectRoundTripOrCode(text: string): void {
  let address: Address;
  try {
    address = parseAddress(text);
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^ADDRESS_/) });
    return;
  }
  expect(formatAddress(address)).toBe(text);
}
