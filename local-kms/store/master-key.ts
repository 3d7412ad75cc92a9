import { Buffer } from 'node:buffer';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import type { RandomBytes } from '../random.ts';
import { syncDirectory } from './durable-directory.ts';

export const MASTER_KEY_FILE = 'master.key';

const MASTER_KEY_BYTES = 32;

/**
 * Reads the master key of a data directory, or makes one.
 *
 * The file is complete from the moment it has its name, so two processes that start at once agree.
 *
 * @throws {ConfigError} LOCAL_KMS_MASTER_KEY if the file is of another length, or open to others.
 */
export function loadOrCreateMasterKey(directory: string, randomBytes: RandomBytes): Secret {
  const path = join(directory, MASTER_KEY_FILE);
  return readMasterKey(path) ?? createMasterKey(path, randomBytes);
}

function readMasterKey(path: string): Secret | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o077) !== 0) {
      throw new ConfigError('LOCAL_KMS_MASTER_KEY', `${path} is open to others: expected mode 600`);
    }
    if (size !== MASTER_KEY_BYTES) {
      throw new ConfigError(
        'LOCAL_KMS_MASTER_KEY',
        `${path}: expected ${MASTER_KEY_BYTES} bytes, got ${size}`,
      );
    }
    return new Secret(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function createMasterKey(path: string, randomBytes: RandomBytes): Secret {
  const draft = `${path}.${Buffer.from(randomBytes(8)).toString('hex')}`;
  const bytes = randomBytes(MASTER_KEY_BYTES);
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // Unlike rename, link does not replace a file that another process has put there meanwhile.
    linkSync(draft, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    bytes.fill(0);
    rmSync(draft, { force: true });
  }
  const key = readMasterKey(path);
  if (key === undefined) throw new ConfigError('LOCAL_KMS_MASTER_KEY', `${path} has vanished`);
  return key;
}
