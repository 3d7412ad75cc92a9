import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../../shared/errors.ts';

const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Checks that nobody can put another file in the place of one in `directory`: the directory, those
 * above it and links on the way belong to root or to one of `users`, and none but their owners can
 * write to them. Under the sticky bit, as of /tmp, others can, but not replace what is not theirs.
 *
 * Who has a caller read a file of his own has it call under his permissions, or call him.
 *
 * @throws {ConfigError} CALLER_FILE_DIRECTORY
 * @throws what the file system throws
 */
export async function checkCredentialsDirectory(
  directory: string,
  users: readonly number[],
): Promise<void> {
  const owners = [ROOT, ...users];
  const places = [...withThoseAbove(directory), ...withThoseAbove(await realpath(directory))];
  for (const place of new Set(places)) {
    const entry = await lstat(place);
    const shared = (entry.mode & WRITABLE_BY_OTHERS) !== 0 && (entry.mode & STICKY) === 0;
    // A link has no mode of its own.
    if (owners.includes(entry.uid) && (entry.isSymbolicLink() || !shared)) continue;
    throw new ConfigError(
      'CALLER_FILE_DIRECTORY',
      `${directory} is no place for credentials: ${place} belongs to the user ${entry.uid} and has mode ${(entry.mode & 0o7777).toString(8)}`,
      { details: { path: place, owner: entry.uid } },
    );
  }
}

function withThoseAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...withThoseAbove(above)];
}
