import { describe, expect, it } from 'vitest';
import { checkEnvironment } from '../../enclave/environment.ts';
import { codeOf } from '../support/codes.ts';

describe('the environment of a production start', () => {
  it.each([
    ['NODE_OPTIONS', '--require=/tmp/x.js'],
    ['NODE_OPTIONS', ''],
    ['NODE_DEBUG', 'tls'],
    ['NODE_DEBUG_NATIVE', 'tls'],
    ['NODE_PATH', '/tmp/modules'],
    ['NODE_USE_SYSTEM_CA', '1'],
    ['NODE_USE_ENV_PROXY', '1'],
    ['NODE_V8_COVERAGE', '/tmp/coverage'],
    ['NODE_COMPILE_CACHE', '/tmp/code'],
    ['OPENSSL_ia32cap', '~0x200000200000000'],
    ['OPENSSL_CONF', '/tmp/openssl.cnf'],
    ['OPENSSL_MODULES', '/tmp/providers'],
    ['SSL_CERT_FILE', '/tmp/ca.pem'],
    ['SSLKEYLOGFILE', '/tmp/keys'],
    ['LD_PRELOAD', '/tmp/x.so'],
    ['LD_AUDIT', '/tmp/x.so'],
    ['LD_LIBRARY_PATH', '/tmp/lib'],
    ['AWS_CONFIG_FILE', '/tmp/config'],
    ['AWS_PROFILE', 'other'],
    ['AWS_MAX_ATTEMPTS', '50'],
    ['AWS_USE_FIPS_ENDPOINT', 'true'],
    ['NODE_EXTRA_CA_CERTS', '/tmp/ca.pem'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '1'],
    ['AWS_ENDPOINT_URL', 'http://localhost'],
    ['AWS_ENDPOINT_URL_KMS', 'http://localhost'],
  ])('is refused with %s=%s', (name, value) => {
    const check = () => checkEnvironment({ PATH: '/bin', [name]: value });
    expect(codeOf(check)).toBe('CONFIG_ENVIRONMENT');
    expect(check).toThrow(name);
  });

  it('is refused without its values, which may be private', () => {
    const secret = 'http://user:password@host';
    let message = '';
    try {
      checkEnvironment({ AWS_ENDPOINT_URL: secret });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('AWS_ENDPOINT_URL');
    expect(message).not.toContain('password');
  });

  it.each([
    {},
    { PATH: '/bin', HOME: '/root', AWS_REGION: 'eu-west-1', NODE_ENV: 'x', NODE_VERSION: '20' },
    { NODE_OPTIONS: undefined },
    { MY_NODE_OPTIONS: 'x', NODE_OPTIONS_OLD: 'x' },
  ])('is accepted as %j', (env) => {
    expect(codeOf(() => checkEnvironment(env))).toBeUndefined();
  });
});
