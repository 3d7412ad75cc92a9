import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAllowed, parseAllowlist } from '../../../parent/proxy/allowlist.ts';
import { ConfigError } from '../../../shared/errors.ts';

// As /etc/nitro_enclaves/vsock-proxy.yaml is written.
const aws = `allowlist:
- {address: kms.us-east-1.amazonaws.com, port: 443}
- {address: kms-fips.us-east-1.amazonaws.com, port: 443}
- {address: 10.0.0.5, port: 8443}
- {address: "fd00:ec2::254", port: 80}
`;

describe('an allowlist', () => {
  it('is read in the format of vsock-proxy.yaml', () => {
    expect(parseAllowlist(aws)).toEqual([
      { host: 'kms.us-east-1.amazonaws.com', port: 443 },
      { host: 'kms-fips.us-east-1.amazonaws.com', port: 443 },
      { host: '10.0.0.5', port: 8443 },
      { host: 'fd00:ec2::254', port: 80 },
    ]);
  });

  it('may be empty, and then allows nothing', () => {
    expect(parseAllowlist('allowlist: []')).toEqual([]);
  });

  it.each([
    ['without the key', '{}', 'CONFIG_INVALID'],
    ['that is empty text', '', 'CONFIG_INVALID'],
    ['that is not a map', '- {address: a, port: 1}', 'CONFIG_INVALID'],
    ['with null for its list', 'allowlist:', 'CONFIG_INVALID'],
    ['with another key', 'allowlist: []\nports: []', 'CONFIG_UNKNOWN_KEY'],
    [
      'with another key in an entry',
      'allowlist: [{address: a, port: 1, tls: on}]',
      'CONFIG_UNKNOWN_KEY',
    ],
    ['without a port', 'allowlist: [{address: a}]', 'CONFIG_INVALID'],
    ['with port 0', 'allowlist: [{address: a, port: 0}]', 'CONFIG_INVALID'],
    ['with port 65536', 'allowlist: [{address: a, port: 65536}]', 'CONFIG_INVALID'],
    ['with a port in quotes', 'allowlist: [{address: a, port: "443"}]', 'CONFIG_INVALID'],
    ['with a wildcard', 'allowlist: [{address: "*.amazonaws.com", port: 443}]', 'CONFIG_INVALID'],
    ['with a network', 'allowlist: [{address: 10.0.0.0/8, port: 443}]', 'CONFIG_INVALID'],
    ['with an empty address', 'allowlist: [{address: "", port: 443}]', 'CONFIG_INVALID'],
    [
      'with too long an address',
      `allowlist: [{address: ${'a'.repeat(254)}, port: 443}]`,
      'CONFIG_INVALID',
    ],
    [
      'with too many entries',
      `allowlist: [${'{address: a, port: 1},'.repeat(1001)}]`,
      'CONFIG_INVALID',
    ],
    ['of too many bytes', `allowlist: [] #${'x'.repeat(65536)}`, 'CONFIG_TOO_LARGE'],
    ['with a duplicate key', 'allowlist: []\nallowlist: []', 'CONFIG_SYNTAX'],
    ['with a list for a key', '[allowlist]: []', 'CONFIG_SYNTAX'],
    ['of two documents', `${aws}---\n${aws}`, 'CONFIG_SYNTAX'],
  ])('%s is refused', (_what, text, reason) => {
    expect(() => parseAllowlist(text)).toThrow(
      expect.objectContaining({
        code: 'ALLOWLIST_FORMAT',
        details: expect.objectContaining({ reason }),
      }),
    );
  });

  it('is read or refused with a code, whatever one changed byte makes of it', () => {
    for (let at = 0; at < aws.length; at += 1) {
      for (const byte of ['\0', '"', '{', ':', '\n', '9']) {
        expectReadOrCode(aws.slice(0, at) + byte + aws.slice(at + 1));
      }
    }
  });

  it('is read or refused with a code, for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => expectReadOrCode(text)));
    fc.assert(fc.property(fc.string(), (text) => expectReadOrCode(`allowlist: [${text}]`)));
  });
});

describe('a destination', () => {
  const allowlist = parseAllowlist(aws);

  it.each([
    ['kms.us-east-1.amazonaws.com', 443],
    ['KMS.us-EAST-1.amazonaws.com', 443],
    ['10.0.0.5', 8443],
    ['FD00:EC2::254', 80],
  ])('%s port %i is allowed', (host, port) => {
    expect(() => checkAllowed(allowlist, { host, port })).not.toThrow();
  });

  it.each([
    ['kms.us-east-1.amazonaws.com', 8443],
    ['kms.us-east-2.amazonaws.com', 443],
    ['kms.us-east-1.amazonaws.com.', 443],
    ['kms.us-east-1.amazonaws.com.evil.test', 443],
    ['evil-kms.us-east-1.amazonaws.com', 443],
    ['amazonaws.com', 443],
    ['10.0.0.5', 443],
    ['10.0.0.50', 8443],
    ['010.0.0.5', 8443],
    ['', 443],
  ])('%s port %i is denied', (host, port) => {
    expect(() => checkAllowed(allowlist, { host, port })).toThrow(
      expect.objectContaining({ code: 'ALLOWLIST_DENIED' }),
    );
  });
});

function expectReadOrCode(text: string): void {
  try {
    for (const { host, port } of parseAllowlist(text)) {
      expect(host).toMatch(/^[A-Za-z0-9._:-]{1,253}$/);
      expect(port).toBeGreaterThan(0);
    }
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'ALLOWLIST_FORMAT' });
  }
}
