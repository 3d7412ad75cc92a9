import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../../shared/errors.ts';
import type { AccessKey } from './access-key.ts';
import { checkCredentialsDirectory } from './credentials-directory.ts';

/**
 * Writes an access key as AWS's shared credentials file, profile `default`, which only `uid` can
 * read. What stands at the path is replaced in one step; a link there is replaced, not followed.
 *
 * @throws {ConfigError} CALLER_FILE, CALLER_FILE_DIRECTORY, CALLER_FILE_OWNER
 */
export async function writeCredentialsFile(options: {
  readonly path: string;
  readonly uid: number;
  readonly accessKey: AccessKey;
}): Promise<void> {
  const { path, uid, accessKey } = options;
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    // Exclusive: what stands there is neither opened nor followed.
    await using file = await open(temporary, 'wx', 0o600);
    const { uid: self } = await file.stat();
    await checkCredentialsDirectory(dirname(path), [self, uid]);
    // The owner first: until then the file is empty.
    await file.chown(uid, SAME_GROUP).catch((error: unknown) => {
      throw ownerError(path, uid, error);
    });
    await file.writeFile(encodeCredentialsFile(accessKey));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error instanceof ConfigError ? error : fileError(path, error);
  }
}

/** What is left behind is of no use to anyone: the access key ends with the process. */
export async function removeCredentialsFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

function encodeCredentialsFile({ id, credentials }: AccessKey): string {
  return [
    '[default]',
    `aws_access_key_id = ${id}`,
    `aws_secret_access_key = ${credentials.secretAccessKey}`,
    '',
  ].join('\n');
}

function ownerError(path: string, uid: number, error: unknown): ConfigError {
  return new ConfigError(
    'CALLER_FILE_OWNER',
    `${path} cannot be given to the user ${uid} (${reasonOf(error)}): only root gives files away`,
    { details: { path, uid } },
  );
}

function fileError(path: string, error: unknown): ConfigError {
  return new ConfigError('CALLER_FILE', `${path} cannot be written (${reasonOf(error)})`, {
    details: { path },
  });
}

function reasonOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? 'unknown');
}

const SAME_GROUP = -1;
