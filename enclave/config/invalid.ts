import { ConfigError } from '../../shared/errors.ts';

/** The error for members that are well formed each, and do not go together. */
export function invalidConfig(message: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', message);
}
