import { ConfigError } from '../shared/errors.ts';

/**
 * Variables that change what Node loads or prints, whom it trusts, by which code OpenSSL computes, or
 * where the SDK goes.
 */
const LOOSENING = new RegExp(
  `^(${[
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_EXTRA_CA_CERTS',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'NODE_USE_(SYSTEM_CA|ENV_PROXY)',
    'NODE_DEBUG(_NATIVE)?',
    'NODE_V8_COVERAGE',
    'NODE_COMPILE_CACHE',
    'OPENSSL_(CONF|CONF_INCLUDE|MODULES|ENGINES|ia32cap|armcap)',
    'SSL_CERT_(FILE|DIR)',
    'SSLKEYLOGFILE',
    'LD_(PRELOAD|AUDIT|LIBRARY_PATH)',
    'AWS_ENDPOINT_URL.*',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_PROFILE',
    'AWS_MAX_ATTEMPTS',
    'AWS_RETRY_MODE',
    'AWS_USE_.*',
  ].join('|')})$`,
);

/**
 * Stops a production start whose environment could loosen what the measured configuration says.
 *
 * @throws {ConfigError} CONFIG_ENVIRONMENT
 */
export function checkEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  const found = Object.keys(env).filter((name) => LOOSENING.test(name) && env[name] !== undefined);
  if (found.length > 0) {
    throw new ConfigError(
      'CONFIG_ENVIRONMENT',
      `expected an environment without ${found.join(', ')}, which could loosen the configuration`,
    );
  }
}
