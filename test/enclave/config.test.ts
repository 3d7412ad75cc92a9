import { describe, expect, it } from 'vitest';
import { configHash, encodeEffectiveConfig } from '../../enclave/config/effective.ts';
import { kmsHost, parseEnclaveConfig } from '../../enclave/config.ts';
import { formatAddress } from '../../shared/vsock/index.ts';
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
    ['an unknown key', 'CONFIG_UNKNOWN_KEY', (d) => (d.telemetry = {})],
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

describe('a region', () => {
  it.each([
    ['us-iso-east-1'],
    ['us-isob-east-1'],
    ['eu-isoe-west-1'],
    ['us-isof-south-1'],
    ['eusc-de-east-1'],
    ['xx-moon-1'],
  ])('of a partition that is not served is refused: %s', (region) => {
    expect(refusalOf((draft) => (draft.kms.region = region))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('kms.region') as string,
    });
  });

  it('may be any in development, where the host is named', () => {
    const config = parseWith((draft) =>
      Object.assign(draft.kms, { region: 'us-iso-east-1', host: 'localhost' }),
    );
    expect(kmsHost(config)).toBe('localhost');
  });
});

describe('keys and callers of the configuration', () => {
  const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const caller = {
    name: 'app',
    uid: 1000,
    credentialsFile: '/run/app/credentials',
    permissions: [{ key: 'data', operations: ['Decrypt'] }],
  };
  const parse = (callers: readonly object[], keys: object, others: object = {}) =>
    parseEnclaveConfig(
      JSON.stringify({
        kms: { region: 'eu-west-1', proxy: 'vsock://3:8000' },
        credentials: 'vsock://3:8001',
        keys,
        callers,
        ...others,
      }),
    );
  const data = { arn, operations: ['Decrypt', 'GenerateDataKey'] };

  it('are closed where they say nothing', () => {
    const { callers, keys, endpoint, api } = parse([{ ...caller, permissions: [] }], { data });
    expect(callers[0]).toMatchObject({ permissions: [], generateRandom: false });
    expect(keys.data?.encryptionContext).toEqual({});
    expect([endpoint, api]).toEqual([undefined, undefined]);
  });

  it.each(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'SM2'])(
    'have the curve of a key agreement: %s',
    (keySpec) => {
      const { keys } = parse([], { peers: { arn, operations: ['DeriveSharedSecret'], keySpec } });
      expect(keys.peers?.keySpec).toBe(keySpec);
    },
  );

  it.each<[string, () => unknown]>([
    ['an alias', () => parse([], { data: { ...data, arn: 'alias/data' } })],
    ['a bare key id', () => parse([], { data: { ...data, arn: arn.split('/')[1] } })],
    ['a key that may do nothing', () => parse([], { data: { ...data, operations: [] } })],
    [
      'an operation of administrators',
      () => parse([], { data: { arn, operations: ['PutKeyPolicy'] } }),
    ],
    [
      'an agreement on a curve that is not stated',
      () => parse([], { data: { arn, operations: ['DeriveSharedSecret'] } }),
    ],
    [
      'a curve that is none of key agreement',
      () =>
        parse([], {
          data: { arn, operations: ['DeriveSharedSecret'], keySpec: 'ECC_SECG_P256K1' },
        }),
    ],
    ['a curve without an agreement', () => parse([], { data: { ...data, keySpec: 'SM2' } })],
    ['a caller with an unknown key', () => parse([caller], {})],
    [
      'a caller with a key of every object',
      () =>
        parse([{ ...caller, permissions: [{ key: 'constructor', operations: ['Decrypt'] }] }], {}),
    ],
    [
      'a self-test on a key of every object',
      () => parse([], {}, { selfTest: { operation: 'GenerateDataKey', key: 'constructor' } }),
    ],
    [
      'a caller that may more than its key',
      () => parse([caller], { data: { arn, operations: ['GenerateDataKey'] } }),
    ],
    [
      'a key that is permitted what only callers are',
      () => parse([], { data: { arn, operations: ['DeriveKey'] } }),
    ],
    [
      'a relative credentials file',
      () => parse([{ ...caller, credentialsFile: 'run/x' }], { data }),
    ],
    [
      'an endpoint for the network',
      () => parse([], {}, { endpoint: { listen: 'tcp://0.0.0.0:80' } }),
    ],
    ['an endpoint at a name', () => parse([], {}, { endpoint: { listen: 'tcp://localhost:80' } })],
    ['an API at a name', () => parse([], {}, { api: { listen: 'tcp://LocalHost:80' } })],
    ['an endpoint for the parent', () => parse([], {}, { endpoint: { listen: 'vsock://3:80' } })],
    ['a self-test on no key', () => parse([], {}, { selfTest: { operation: 'GenerateDataKey' } })],
    [
      'a self-test on a key that may not',
      () =>
        parse(
          [],
          { data: { arn, operations: ['Decrypt'] } },
          { selfTest: { operation: 'GenerateDataKey', key: 'data' } },
        ),
    ],
  ])('are refused with %s', (_what, action) => {
    expect(codeOf(action)).toBe('CONFIG_INVALID');
  });

  const other = { ...caller, name: 'other', uid: 1001, credentialsFile: '/run/other/credentials' };
  const purpose = { encryptionContext: { purpose: 'a' } };
  const peers = { arn, operations: ['DeriveSharedSecret'], keySpec: 'ECC_NIST_P256' };
  const permitted = (permission: object, key: object) =>
    parse([{ ...caller, permissions: [{ key: 'data', ...permission }] }], { data: key });
  const listening = (endpoint: string, api: string, parentApi = 'vsock://3:80') =>
    parse(
      [],
      {},
      {
        endpoint: { listen: endpoint },
        api: { listen: api },
        parentApi: { listen: parentApi },
      },
    );

  it.each<[string, string, () => unknown]>([
    [
      'a key of another region',
      'keys.data.arn: expected a key in eu-west-1, as kms.region says, got one in us-west-1',
      () => parse([], { data: { ...data, arn: arn.replace('eu', 'us') } }),
    ],
    [
      'a key of another partition',
      'keys.data.arn: expected the partition aws, which eu-west-1 is in, got aws-cn',
      () => parse([], { data: { ...data, arn: arn.replace('aws', 'aws-cn') } }),
    ],
    [
      'an encryption context of a key agreement',
      'keys.data.encryptionContext: expected no pairs, since DeriveSharedSecret can have none, got purpose',
      () => parse([], { data: { ...peers, ...purpose } }),
    ],
    [
      'an encryption context of derived keys',
      'callers: app on data: expected no required encryption context, since DeriveKey can have none, got purpose',
      () => permitted({ operations: ['DeriveKey'], ...purpose }, peers),
    ],
    [
      'a permission that the encryption context of its key denies',
      'callers: app on data: expected no required encryption context, since DescribeKey can have none, got purpose',
      () =>
        permitted(
          { operations: ['DescribeKey'] },
          { arn, operations: ['Decrypt', 'DescribeKey'], ...purpose },
        ),
    ],
    [
      'a permission that contradicts its key',
      'callers: app on data: expected the value of purpose that the key requires in the encryption context, got another',
      () =>
        permitted(
          { operations: ['Decrypt'], encryptionContext: { purpose: 'b' } },
          { ...data, ...purpose },
        ),
    ],
    [
      'a caller twice',
      'callers: expected a name of its own for each caller, got app for app and app',
      () => parse([caller, { ...other, name: 'app' }], { data }),
    ],
    [
      'a credentials file twice',
      'callers: expected a credentialsFile of its own for each caller, got /run/app/credentials for app and other',
      () => parse([caller, { ...other, credentialsFile: '/run/b/..//app/credentials' }], { data }),
    ],
    [
      'a user twice',
      'callers: expected a uid of its own for each caller, got 1000 for app and other',
      () => parse([caller, { ...other, uid: 1000 }], { data }),
    ],
    [
      'a port twice',
      'api.listen: expected a place of its own, got the TCP port 440, which endpoint.listen has',
      () => listening('tcp://127.0.0.1:440', 'tcp://127.0.0.1:440'),
    ],
    [
      'a port twice, once of every address',
      'parentApi.listen: expected a place of its own, got the TCP port 441, which api.listen has',
      () => listening('tcp://127.0.0.1:440', 'tcp://127.0.0.1:441', 'tcp://0.0.0.0:441'),
    ],
    [
      'a socket twice',
      'api.listen: expected a place of its own, got unix:/run/kms, which endpoint.listen has',
      () => listening('unix:/run/kms', 'unix:/run/b/../kms'),
    ],
    [
      'an endpoint at any port',
      'endpoint.listen: expected a port from 1 to 65535, got tcp://127.0.0.1:0',
      () => listening('tcp://127.0.0.1:0', 'unix:/run/api'),
    ],
    [
      'an API at any port',
      'api.listen: expected a port from 1 to 65535, got tcp://[::1]:0',
      () => listening('unix:/run/kms', 'tcp://[::1]:0'),
    ],
  ])('are refused with %s, by what was expected and what came', (_what, message, action) => {
    expect(action).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message }));
  });

  it('may share a user and take any port in development', () => {
    const { callers, endpoint, api } = parseWith((draft) => {
      draft.callers = [caller, { ...other, uid: 1000 }];
      draft.keys = { data };
      draft.endpoint = { listen: 'tcp://127.0.0.1:0' };
      draft.api = { listen: 'tcp://127.0.0.1:0' };
    });
    expect(callers.map(({ uid }) => uid)).toEqual([1000, 1000]);
    expect([endpoint?.listen, api?.listen]).toMatchObject([{ port: 0 }, { port: 0 }]);
  });

  it('may name a key of a region whose partition is not known, in development', () => {
    const isolated = arn.replace('aws:kms:eu-west-1', 'aws-iso:kms:us-iso-east-1');
    const { keys } = parseWith((draft) => {
      Object.assign(draft.kms, { region: 'us-iso-east-1', host: 'localhost' });
      draft.keys = { data: { ...data, arn: isolated } };
    });
    expect(keys.data?.arn).toBe(isolated);
  });

  it('may name one key twice, for two purposes', () => {
    const { keys } = parse([], {
      a: { ...data, ...purpose },
      b: { ...data, encryptionContext: { purpose: 'b' } },
    });
    expect(keys.a?.arn).toBe(keys.b?.arn);
  });

  it.each(['tcp://127.0.0.1:440', 'tcp://127.9.9.9:440', 'tcp://[::1]:440', 'unix:/run/kms'])(
    'can be served at %s',
    (listen) => {
      for (const member of ['endpoint', 'api'] as const) {
        const address = parse([], {}, { [member]: { listen } })[member]?.listen;
        expect(address && formatAddress(address)).toBe(listen);
      }
    },
  );

  it('let a caller have keys derived whose key is permitted DeriveSharedSecret', () => {
    const permissions = [{ key: 'data', operations: ['DeriveKey'] }];
    const { callers } = parse([{ ...caller, permissions }], { data: peers });
    expect(callers[0]?.permissions[0]?.operations).toEqual(['DeriveKey']);
    expect(() => parse([{ ...caller, permissions }], { data })).toThrow(
      'callers: app is permitted DeriveKey on data, but keys.data.operations lacks DeriveSharedSecret',
    );
  });
});

describe('the effective configuration', () => {
  const parse = (text: string) => parseEnclaveConfig(text);
  const yaml = 'credentials: vsock://3:8001\nkms:\n  proxy: vsock://3:8000\n  region: eu-west-1\n';

  it('is the same text and hash however the file is written, and has the defaults', () => {
    const json = JSON.stringify({
      kms: { region: 'eu-west-1', proxy: 'vsock://3:8000', timeoutMs: 10_000 },
      credentials: 'vsock://3:8001',
    });
    expect(encodeEffectiveConfig(parse(json))).toBe(encodeEffectiveConfig(parse(yaml)));
    expect(configHash(parse(json))).toEqual(configHash(parse(yaml)));
    expect(JSON.parse(encodeEffectiveConfig(parse(yaml)))).toMatchObject({
      profile: 'production',
      kms: { proxy: 'vsock://3:8000' },
      recipient: { keyBits: 2048, keys: 'window' },
    });
  });

  it('has another hash if anything is another', () => {
    const other = yaml.replace('8000', '8002');
    expect(configHash(parse(other))).not.toEqual(configHash(parse(yaml)));
  });

  it.each([
    ['{kind: payroll, tenant: a}', '{"kind":"payroll","tenant":"a"}'],
    ['{kind: unix, path: /x}', '{"kind":"unix","path":"/x"}'],
    ['{b: "1", "9": y, "10": x, "+": z}', '{"+":"z","10":"x","9":"y","b":"1"}'],
  ])('has the required encryption context %s as it is', (context, text) => {
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef';
    const key = `keys: {k: {arn: '${arn}', operations: [Decrypt], encryptionContext: ${context}}}\n`;
    expect(encodeEffectiveConfig(parse(yaml + key))).toContain(`"encryptionContext":${text}`);
  });

  it('can be read again, to the same hash', () => {
    const config = parse(yaml);
    expect(configHash(parse(encodeEffectiveConfig(config)))).toEqual(configHash(config));
  });
});
