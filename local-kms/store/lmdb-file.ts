import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// Of lmdb.h and mdb.c, as on a 64-bit machine: MDB_meta stands behind the page header.
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 16;
/** MDB_DATA_VERSION of the LMDB that the `lmdb` package builds. */
const VERSION = 2;
const VERSION_AT = 20;
const PAGE_SIZE_AT = 40;
const HEADER_BYTES = 44;

/**
 * Whether LMDB can be given this file: there is none, it is empty, or it begins as LMDB's files do
 * and has both of the pages that say where the rest is.
 *
 * LMDB maps the file into memory: given one that is none of its own, it ends the process.
 */
export function isLmdbFile(path: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  let size: number;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  try {
    ({ size } = fstatSync(file));
    readSync(file, header, { position: 0 });
  } finally {
    closeSync(file);
  }
  return (
    size === 0 ||
    (header.readUInt32LE(MAGIC_AT) === MAGIC &&
      header.readUInt32LE(VERSION_AT) === VERSION &&
      size >= 2 * header.readUInt32LE(PAGE_SIZE_AT))
  );
}
