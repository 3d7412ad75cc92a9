import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// Of the mdb.c that the `lmdb` package builds, on a 64-bit machine: MDB_meta stands behind a page
// header of 24 bytes, 8 more than in LMDB 0.9.
const MAGIC = 0xbeefc0de;
const FLAGS_AT = 18;
const P_META = 0x08;
const MAGIC_AT = 24;
/** MDB_DATA_VERSION. */
const VERSION = 2;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const HEADER_BYTES = 52;

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
    (header.readUInt16LE(FLAGS_AT) === P_META &&
      header.readUInt32LE(MAGIC_AT) === MAGIC &&
      header.readUInt32LE(VERSION_AT) === VERSION &&
      size >= 2 * header.readUInt32LE(PAGE_SIZE_AT))
  );
}
