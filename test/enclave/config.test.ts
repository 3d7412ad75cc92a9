import { describe, expect, it } from 'vitest';
import { kmsHost, parseEnclaveConfig } from '../../enclave/config.ts';
import { codeOf } from '../support/codes.ts';

const development = () => ({
  profile: 'development',
  kms: { region: 'eu-west-1', proxy: 'vsock://3:8000' } as Record<string, unknown>,
  credentials: 'vsock://3:8001',
  nsm: {
    software: {
      rootDirectory: '/var/lib/nsm',
      instanceId: 'i-0123456789abcdef0',
      pcrs: { 0: 'AB'.repeat(48) },
    } as Record<string, unknown>,
  } as Record<string, unknown>,
});
type Draft = ReturnType<typeof development> & Record<string, unknown>;

function parseWith(change: (draft: Draft) => unknown) {
  const draft: Draft = development();
  change(draft);
  return parseEnclaveConfig(JSON.stringify(draft));
}

function refusalOf(change: (draft: Draft) => unknown): { code: string; message: string } {
  try {
    parseWith(change);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('the configuration was accepted');
}

describe('the configuration of an enclave', () => {
  it('is read with its defaults', () => {
    const config = parseEnclaveConfig(JSON.stringify(development()));
    expect(config).toMatchObject({
      profile: 'development',
      kms: { proxy: { kind: 'vsock', cid: 3, port: 8000 }, timeoutMs: 10_000 },
      recipient: { documentSeconds: 60 },
    });
    expect(config.nsm.software?.debug).toBe(false);
    expect(config.nsm.software?.pcrs[0]).toEqual(new Uint8Array(48).fill(0xab));
  });

  it('is read from YAML as from JSON', () => {
    const yaml = `
profile: development
kms: { region: eu-west-1, proxy: 'vsock://3:8000' }
credentials: vsock://3:8001
nsm: { software: { rootDirectory: /var/lib/nsm, instanceId: i-0123456789abcdef0, pcrs: { 0: '${'AB'.repeat(48)}' } } }
`;
    expect(parseEnclaveConfig(yaml)).toEqual(parseEnclaveConfig(JSON.stringify(development())));
  });

  it.each<[string, string, (draft: Draft) => unknown]>([
    ['an unknown key', 'CONFIG_UNKNOWN_KEY', (d) => (d.endpoint = 'x')],
    ['an unknown key of kms', 'CONFIG_UNKNOWN_KEY', (d) => (d.kms.endpoint = 'x')],
    ['an unknown key of nsm', 'CONFIG_UNKNOWN_KEY', (d) => (d.nsm.socket = 'x')],
    ['a device and software', 'CONFIG_INVALID', (d) => (d.nsm.device = '/dev/nsm')],
    ['a relative device', 'CONFIG_INVALID', (d) => (d.nsm = { device: 'nsm' })],
    ['an unknown key of recipient', 'CONFIG_UNKNOWN_KEY', (d) => (d.recipient = { seconds: 9 })],
    ['no kms', 'CONFIG_INVALID', (d) => Reflect.deleteProperty(d, 'kms')],
    ['no credentials', 'CONFIG_INVALID', (d) => Reflect.deleteProperty(d, 'credentials')],
    ['another profile', 'CONFIG_INVALID', (d) => (d.profile = 'test')],
    ['a profile in capitals', 'CONFIG_INVALID', (d) => (d.profile = 'Development')],
    ['no region', 'CONFIG_INVALID', (d) => Reflect.deleteProperty(d.kms, 'region')],
    ['a region that is a host', 'CONFIG_INVALID', (d) => (d.kms.region = 'evil.example/#')],
    ['a region with a line end', 'CONFIG_INVALID', (d) => (d.kms.region = 'eu-west-1\n')],
    ['a host with a port', 'CONFIG_INVALID', (d) => (d.kms.host = 'localhost:443')],
    ['a host with a path', 'CONFIG_INVALID', (d) => (d.kms.host = 'localhost/x')],
    ['a host with a user', 'CONFIG_INVALID', (d) => (d.kms.host = 'a@localhost')],
    ['an empty host', 'CONFIG_INVALID', (d) => (d.kms.host = '')],
    ['a proxy by URL', 'CONFIG_INVALID', (d) => (d.kms.proxy = 'https://x')],
    ['a proxy port beyond 16 bits', 'CONFIG_INVALID', (d) => (d.kms.proxy = 'tcp://h:65536')],
    ['a CID beyond 32 bits', 'CONFIG_INVALID', (d) => (d.kms.proxy = 'vsock://4294967296:1')],
    ['an empty socket path', 'CONFIG_INVALID', (d) => (d.credentials = 'unix:')],
    [
      'a path that is too long',
      'CONFIG_INVALID',
      (d) => (d.credentials = `unix:${'a'.repeat(108)}`),
    ],
    ['relative roots', 'CONFIG_INVALID', (d) => (d.kms.tlsRoots = 'ca.pem')],
    ['no time at all', 'CONFIG_INVALID', (d) => (d.kms.timeoutMs = 0)],
    ['time without end', 'CONFIG_INVALID', (d) => (d.kms.timeoutMs = 120_001)],
    ['a time in words', 'CONFIG_INVALID', (d) => (d.kms.timeoutMs = '10s')],
    ['documents for 0 s', 'CONFIG_INVALID', (d) => (d.recipient = { documentSeconds: 0 })],
    ['documents for 241 s', 'CONFIG_INVALID', (d) => (d.recipient = { documentSeconds: 241 })],
    ['documents for 1.5 s', 'CONFIG_INVALID', (d) => (d.recipient = { documentSeconds: 1.5 })],
    [
      'a register of SHA-256',
      'CONFIG_INVALID',
      (d) =>
        (d.nsm = { software: { ...(d.nsm.software as object), pcrs: { 0: 'ab'.repeat(32) } } }),
    ],
    [
      'register 5',
      'CONFIG_INVALID',
      (d) =>
        (d.nsm = { software: { ...(d.nsm.software as object), pcrs: { 5: 'ab'.repeat(48) } } }),
    ],
    ['too many bytes', 'CONFIG_TOO_LARGE', (d) => (d.padding = 'x'.repeat(65_536))],
  ])('is refused with %s', (_what, code, change) => {
    expect(codeOf(() => parseWith(change))).toBe(code);
  });

  it.each(['', 'null', '[]', 'profile: development\n---\n{}', '{"profile": "development"'])(
    'is refused as %j',
    (text) => {
      expect(codeOf(() => parseEnclaveConfig(text))).toMatch(/^CONFIG_(SYNTAX|INVALID)$/);
    },
  );
});

describe('the profile production', () => {
  const production = (change: (draft: Draft) => unknown) => (draft: Draft) => {
    draft.profile = 'production';
    change(draft);
  };

  it.each<[string, string | undefined, (draft: Draft) => unknown]>([
    ['nothing of the secure module', undefined, (d) => Reflect.deleteProperty(d, 'nsm')],
    ['where the device is', '/run/nsm', (d) => (d.nsm = { device: '/run/nsm' })],
  ])('accepts a configuration that says %s', (_what, device, change) => {
    const config = parseWith(production(change));
    expect(config).toMatchObject({ profile: 'production' });
    expect(config.nsm).toEqual(device === undefined ? {} : { device });
  });

  it('is the default', () => {
    const { code } = refusalOf((draft) => Reflect.deleteProperty(draft, 'profile'));
    expect(code).toBe('CONFIG_PROFILE');
  });

  it.each<[string, string, (draft: Draft) => unknown]>([
    ['roots of its own', 'kms.tlsRoots', (d) => (d.kms.tlsRoots = '/etc/ca.pem')],
    ['a foreign host', 'kms.host', (d) => (d.kms.host = 'kms.example.com')],
    ['localhost', 'kms.host', (d) => (d.kms.host = 'localhost')],
    ['KMS of another region', 'kms.host', (d) => (d.kms.host = 'kms.us-east-1.amazonaws.com')],
    ['another service', 'kms.host', (d) => (d.kms.host = 's3.eu-west-1.amazonaws.com')],
    [
      'a host that begins like KMS',
      'kms.host',
      (d) => (d.kms.host = 'kms.eu-west-1.amazonaws.com.example.com'),
    ],
    ['a software NSM', 'nsm.software', () => undefined],
    [
      'a software NSM at a permitted host',
      'nsm.software',
      (d) => (d.kms.host = 'kms-fips.eu-west-1.amazonaws.com'),
    ],
  ])('refuses %s', (_what, key, change) => {
    const { code, message } = refusalOf(production(change));
    expect(code).toBe('CONFIG_PROFILE');
    expect(message.startsWith(key)).toBe(true);
  });
});

describe('the host that TLS must prove', () => {
  it.each([
    ['eu-west-1', undefined, 'kms.eu-west-1.amazonaws.com'],
    ['us-gov-west-1', undefined, 'kms.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', undefined, 'kms.cn-north-1.amazonaws.com.cn'],
    ['eu-west-1', 'localhost', 'localhost'],
  ])('of %s with host %s is %s', (region, host, expected) => {
    const config = parseWith((draft) => {
      draft.kms.region = region;
      if (host !== undefined) draft.kms.host = host;
    });
    expect(kmsHost(config)).toBe(expected);
  });
});
