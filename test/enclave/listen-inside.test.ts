import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { listenInside } from '../../enclave/listen-inside.ts';
import { type Address, parseAddress } from '../../shared/vsock/index.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startUnixServer } from '../support/unix-server.ts';

function listen(address: Address): Promise<Address> {
  const app = Fastify();
  onTestFinished(() => app.close());
  return listenInside(app, address);
}

it('answers the address as bound', async () => {
  const bound = await listen(parseAddress('tcp://127.0.0.1:0'));
  expect(bound).toEqual({ kind: 'tcp', host: '127.0.0.1', port: expect.any(Number) });
  expect(bound).not.toMatchObject({ port: 0 });
});

it.each<[string, string, () => Promise<Address> | Address]>([
  ['a vsock address', 'CONFIG_INVALID', () => parseAddress('vsock://3:5000')],
  [
    'a port that is taken',
    'TRANSPORT_ADDRESS_IN_USE',
    () => listen(parseAddress('tcp://127.0.0.1:0')),
  ],
  [
    'a socket that somebody answers on',
    'TRANSPORT_ADDRESS_IN_USE',
    () => startUnixServer(() => {}),
  ],
  [
    'a path with another file',
    'TRANSPORT_ADDRESS_IN_USE',
    () => {
      const path = join(temporaryDirectory(), 'file');
      writeFileSync(path, '');
      return { kind: 'unix', path };
    },
  ],
  [
    'a path in no directory',
    'TRANSPORT_ADDRESS_UNAVAILABLE',
    () => ({ kind: 'unix', path: join(temporaryDirectory(), 'nowhere', 'kms.sock') }),
  ],
])('refuses %s', async (_what, code, address) => {
  await expect(listen(await address())).rejects.toMatchObject({ code });
});
