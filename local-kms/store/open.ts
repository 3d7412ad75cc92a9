import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../shared/errors.ts';
import { type FileLock, lockFile } from '../../shared/native/file-lock.ts';
import { Secret } from '../../shared/secret.ts';
import type { RandomBytes } from '../random.ts';
import { createDirectory, syncDirectory } from './durable-directory.ts';
import { type LmdbStore, openLmdbStore } from './lmdb.ts';
import { loadOrCreateMasterKey } from './master-key.ts';
import type { Store } from './store.ts';
import { createVault, type Vault } from './vault.ts';

/** A store and the vault that seals what lies in it. */
export interface OpenStore {
  readonly store: Store;
  readonly vault: Vault;
  close(): Promise<void>;
}

const CHECK = 'master-key-check';

/** Beside LMDB's own lock.mdb, which lets several processes in. */
const LOCK_FILE = 'process.lock';

/**
 * Opens the store of a data directory, which is made if need be.
 *
 * @throws {ConfigError} LOCAL_KMS_LOCKED if another process has it open; LOCAL_KMS_STORE,
 *   LOCAL_KMS_MASTER_KEY: also if the master key file is not
 *   the one that the store was made with.
 */
export async function openStore(directory: string, randomBytes: RandomBytes): Promise<OpenStore> {
  const lock = lockDirectory(directory);
  try {
    const opened = await openLocked(directory, randomBytes);
    return {
      ...opened,
      async close() {
        await opened.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(directory: string, randomBytes: RandomBytes): Promise<OpenStore> {
  const vault = createVault(readMasterKey(directory, randomBytes), randomBytes);
  const store = openLmdbStore({ directory, durable: true });
  syncDirectory(directory);
  const close = async (): Promise<void> => {
    vault.close();
    await store.close();
  };
  try {
    await checkMasterKey(store, vault);
  } catch (error) {
    await close();
    throw error;
  }
  return { store, vault, close };
}

/**
 * A store that leaves nothing behind, however the process ends: LMDB has no memory mode, so it has
 * files, without waiting for the disk, but they have no names once they are open. Its master key is
 * never written anywhere.
 */
export function openTemporaryStore(randomBytes: RandomBytes): OpenStore {
  const store = openNamelessStore();
  const vault = createVault(new Secret(randomBytes(32)), randomBytes);
  return {
    store,
    vault,
    async close() {
      vault.close();
      await store.close();
    },
  };
}

function openNamelessStore(): LmdbStore {
  const directory = mkdtempSync(join(tmpdir(), 'local-kms-'));
  try {
    return openLmdbStore({ directory, durable: false });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function lockDirectory(directory: string): FileLock {
  const lock = unlessUnusable(directory, () => {
    createDirectory(directory);
    return lockFile(join(directory, LOCK_FILE));
  });
  if (lock !== undefined) return lock;
  throw new ConfigError('LOCAL_KMS_LOCKED', `another process has the store in ${directory} open`);
}

function readMasterKey(directory: string, randomBytes: RandomBytes): Secret {
  return unlessUnusable(directory, () => loadOrCreateMasterKey(directory, randomBytes));
}

function unlessUnusable<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new ConfigError('LOCAL_KMS_STORE', `${directory} cannot be used (${reason})`);
  }
}

/** A wrong master key must stop the start, not make every key fail one by one. */
async function checkMasterKey(store: LmdbStore, vault: Vault): Promise<void> {
  const check = store.readMeta(CHECK);
  if (check === undefined) {
    await store.writeMeta(CHECK, vault.seal(CHECK, new Uint8Array(0)));
  } else {
    vault.open(CHECK, check).dispose();
  }
}
