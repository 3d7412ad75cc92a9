import { type FileHandle, open } from 'node:fs/promises';
import { ConfigError } from '../../shared/errors.ts';
import { checkNotExpired, parseCredentials } from './document.ts';
import type { CredentialsSource } from './source.ts';

/**
 * Credentials in a JSON file, for development. Read anew each time, so the file can be replaced.
 *
 * `lend` throws CREDENTIALS_UNREADABLE, CREDENTIALS_FILE_MODE when anyone but the owner may read or
 * write the file, CREDENTIALS_FORMAT, CREDENTIALS_EXPIRED.
 */
export function createFileSource(options: {
  readonly path: string;
  readonly now: () => number;
}): CredentialsSource {
  const { path, now } = options;
  return {
    async lend(use) {
      const credentials = parseCredentials(await readPrivateFile(path));
      try {
        checkNotExpired(credentials, now());
        return credentials.document.reveal(use);
      } finally {
        credentials.document.dispose();
      }
    },
    close() {},
  };
}

async function readPrivateFile(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new ConfigError(
        'CREDENTIALS_FILE_MODE',
        `${path} is open to other users; allow only its owner with: chmod 600 ${path}`,
        { details: { path, mode: (mode & 0o777).toString(8) } },
      );
    }
    if (size > MAX_FILE_BYTES) {
      throw new ConfigError('CREDENTIALS_FORMAT', `${path} has more than ${MAX_FILE_BYTES} bytes`);
    }
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as { code?: unknown };
    throw new ConfigError('CREDENTIALS_UNREADABLE', `cannot read ${path}: ${String(code)}`);
  } finally {
    await file?.close();
  }
}

const MAX_FILE_BYTES = 64 * 1024;
