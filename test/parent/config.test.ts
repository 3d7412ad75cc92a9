import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readParentConfig } from '../../parent/config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const full = `
proxy:
  - listen: vsock://3:8000
    remote: {host: kms.us-east-1.amazonaws.com, port: 443}
  - listen: unix:/run/second.sock
    remote: {host: 127.0.0.1, port: 4599}
allowlist: allowed/vsock-proxy.yaml
credentials:
  listen: vsock://3:8001
  source: {kind: static, file: credentials.json}
limits:
  connections: 10
  connectTimeoutMs: 100
  idleTimeoutMs: 200
`;

function configFile(text: string, files: Readonly<Record<string, string>> = {}): string {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  const path = join(directory, 'parent.yaml');
  writeFileSync(path, text);
  return path;
}

describe("the parent's configuration", () => {
  it('is read with the allowlist file that stands beside it', async () => {
    const path = configFile(full.replace('allowed/', ''), {
      'vsock-proxy.yaml': 'allowlist:\n- {address: kms.us-east-1.amazonaws.com, port: 443}\n',
    });
    expect(await readParentConfig(path)).toEqual({
      proxy: [
        {
          listen: { kind: 'vsock', cid: 3, port: 8000 },
          remote: { host: 'kms.us-east-1.amazonaws.com', port: 443 },
        },
        {
          listen: { kind: 'unix', path: '/run/second.sock' },
          remote: { host: '127.0.0.1', port: 4599 },
        },
      ],
      allowlist: [{ host: 'kms.us-east-1.amazonaws.com', port: 443 }],
      credentials: {
        listen: { kind: 'vsock', cid: 3, port: 8001 },
        source: { kind: 'static', file: join(path, '..', 'credentials.json') },
      },
      limits: { connections: 10, connectTimeoutMs: 100, idleTimeoutMs: 200 },
    });
  });

  it.each([
    ['to: {kind: stdout}', { kind: 'stdout' }],
    ['to: {kind: file, file: e.log}, cids: [16]', { kind: 'file', file: 'e.log' }],
  ])('has a place for log lines: %s', async (text, to) => {
    const path = configFile(`allowlist: []\nlogs: {listen: "vsock://3:8002", ${text}}`);
    const { logs } = await readParentConfig(path);
    expect(logs?.to).toEqual('file' in to ? { ...to, file: join(path, '..', to.file) } : to);
  });

  it.each([
    ['no place', '{listen: "vsock://3:8002"}', 'CONFIG_INVALID'],
    ['a place of no kind', '{listen: "vsock://3:8002", to: {kind: syslog}}', 'CONFIG_INVALID'],
    [
      'CIDs at a Unix socket',
      '{listen: "unix:/l", to: {kind: stdout}, cids: [16]}',
      'CONFIG_INVALID',
    ],
    ['a level', '{listen: "vsock://3:8002", to: {kind: stdout}, level: x}', 'CONFIG_UNKNOWN_KEY'],
  ])('is refused with logs that have %s', async (_what, logs, code) => {
    const path = configFile(`allowlist: []\nlogs: ${logs}`);
    await expect(readParentConfig(path)).rejects.toMatchObject({ code });
  });

  it('has defaults for the limits and for the metadata service', async () => {
    const config = await readParentConfig(
      configFile(
        'allowlist: [{address: a, port: 1}]\ncredentials: {listen: "vsock://3:9", source: {kind: imds}}',
      ),
    );
    expect(config).toEqual({
      proxy: [],
      allowlist: [{ host: 'a', port: 1 }],
      credentials: {
        listen: { kind: 'vsock', cid: 3, port: 9 },
        source: { kind: 'imds', endpoint: 'http://169.254.169.254', timeoutMs: 2000 },
      },
      limits: { connections: 1024, connectTimeoutMs: 5000, idleTimeoutMs: 300_000 },
    });
  });

  it.each([
    ['an unknown key', 'allowlist: []\nproxies: []', 'CONFIG_UNKNOWN_KEY', 'proxies'],
    [
      'an unknown key of a proxy',
      'allowlist: []\nproxy: [{listen: "vsock://3:1", remote: {host: a, port: 1}, tls: true}]',
      'CONFIG_UNKNOWN_KEY',
      'proxy[0].tls',
    ],
    [
      'an unknown key of a source',
      'allowlist: []\ncredentials: {listen: "vsock://3:1", source: {kind: imds, token: x}}',
      'CONFIG_UNKNOWN_KEY',
      'credentials.source.token',
    ],
    ['no allowlist', 'proxy: []', 'CONFIG_INVALID', 'allowlist'],
    [
      'a listen address that is none',
      'allowlist: []\nproxy: [{listen: "8000", remote: {host: a, port: 1}}]',
      'CONFIG_INVALID',
      'proxy[0].listen',
    ],
    [
      'a destination with a scheme',
      'allowlist: []\nproxy: [{listen: "vsock://3:1", remote: {host: "https://a", port: 1}}]',
      'CONFIG_INVALID',
      'proxy[0].remote.host',
    ],
    [
      'a limit of zero',
      'allowlist: []\nlimits: {connections: 0}',
      'CONFIG_INVALID',
      'limits.connections',
    ],
    [
      'a limit that is no number',
      'allowlist: []\nlimits: {idleTimeoutMs: .inf}',
      'CONFIG_INVALID',
      'limits.idleTimeoutMs',
    ],
    [
      'a source of another kind',
      'allowlist: []\ncredentials: {listen: "vsock://3:1", source: {kind: environment}}',
      'CONFIG_INVALID',
      'credentials.source.kind',
    ],
    [
      'a metadata service over another scheme',
      'allowlist: []\ncredentials: {listen: "vsock://3:1", source: {kind: imds, endpoint: "file:///etc"}}',
      'CONFIG_INVALID',
      'credentials.source.endpoint',
    ],
  ])('with %s is refused, naming the key', async (_what, text, code, key) => {
    await expect(readParentConfig(configFile(text))).rejects.toMatchObject({
      code,
      details: { key },
    });
  });

  it.each(['127.0.0.1', '127.9.9.9', '[::1]'])(
    'lets credentials be served over TCP on loopback: %s',
    async (host) => {
      const path = configFile(
        `allowlist: []\ncredentials: {listen: "tcp://${host}:1", source: {kind: imds}}`,
      );
      expect((await readParentConfig(path)).credentials?.listen).toMatchObject({ kind: 'tcp' });
    },
  );

  it.each(['0.0.0.0', '[::]', '10.0.0.1', 'parent.test', '127.1', 'localhost', 'localhost.test'])(
    'is refused when it serves credentials over TCP elsewhere: %s',
    async (host) => {
      const path = configFile(
        `allowlist: []\ncredentials: {listen: "tcp://${host}:1", source: {kind: imds}}`,
      );
      await expect(readParentConfig(path)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        details: { key: 'credentials.listen' },
      });
    },
  );

  it('may name the virtual machines that are served', async () => {
    const { proxy, credentials } = await readParentConfig(
      configFile(
        'allowlist: []\nproxy: [{listen: "vsock://3:1", remote: {host: a, port: 1}, cids: [16]}]\ncredentials: {listen: "vsock://3:2", source: {kind: imds}, cids: [16, 17]}',
      ),
    );
    expect([proxy[0]?.cids, credentials?.cids]).toEqual([[16], [16, 17]]);
  });

  it.each([
    ['of no machine', 'vsock://3:1', '[]'],
    ['of the wildcard', 'vsock://3:1', '[4294967295]'],
    ['of names', 'vsock://3:1', '[a]'],
    ['of an address that has none', 'unix:/run/c', '[16]'],
  ])('is refused with CIDs %s', async (_what, listen, cids) => {
    const texts = [
      `allowlist: []\nproxy: [{listen: "${listen}", remote: {host: a, port: 1}, cids: ${cids}}]`,
      `allowlist: []\ncredentials: {listen: "${listen}", source: {kind: imds}, cids: ${cids}}`,
    ];
    for (const text of texts) {
      await expect(readParentConfig(configFile(text))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        details: { key: expect.stringMatching(/^(proxy\[0\]|credentials)\.cids/) },
      });
    }
  });

  it('is refused when the allowlist file is not there, or is none', async () => {
    await expect(readParentConfig(configFile(full))).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
    });
    const path = configFile('allowlist: list.yaml', { 'list.yaml': '[]' });
    await expect(readParentConfig(path)).rejects.toMatchObject({ code: 'ALLOWLIST_FORMAT' });
  });
});
