import { describe, expect, it } from 'vitest';
import { isLoopbackHost, parseHostHeader, plainAddress } from '../../shared/loopback.ts';

describe('a loopback host', () => {
  it.each(['localhost', 'LocalHost', '127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])(
    'is %s',
    (host) => expect(isLoopbackHost(host)).toBe(true),
  );

  it.each([
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '127.1',
    '127.0.0.256',
    '127.0.0.1.evil.test',
    'localhost.evil.test',
    'evil.test',
    '[::1]',
    '::ffff:10.0.0.1',
    '127.0.0.1\n',
  ])('is not %j', (host) => expect(isLoopbackHost(host)).toBe(false));
});

it.each([
  ['parent', 'parent'],
  ['localhost:8080', 'localhost'],
  ['127.0.0.1:1', '127.0.0.1'],
  ['[::1]:443', '::1'],
  ['[::1]', '::1'],
  ['::1', undefined],
  ['localhost:x', undefined],
  ['a]:1', undefined],
  ['', undefined],
  [undefined, undefined],
])('the Host header %j is for the host %j', (header, host) => {
  expect(parseHostHeader(header)).toBe(host);
});

it.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['::1', '::1'],
  ['::ffff:a00:1', '::ffff:a00:1'],
])('the plain form of the address %s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
