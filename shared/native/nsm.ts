import { closeSync, openSync } from 'node:fs';
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from '../nsm/nsm.ts';
import { allocateFixed } from './fixed-memory.ts';
import { ioctlInPool } from './libc.ts';

/** A secure module's device, for one exchange at a time. */
export interface NsmDescriptor {
  /**
   * Sends a request of 1 to 4096 bytes and resolves to the response, in a thread of libuv's pool.
   *
   * @throws {SystemCallError} what the driver reports, for example `ENOTTY` where it is none.
   * @throws {Error} for another length, or while an exchange is under way: programming errors.
   */
  exchange(message: Uint8Array): Promise<Uint8Array>;

  /** @throws {Error} while an exchange is under way: a programming error. */
  close(): void;
}

/** @throws {Error} with a Node error code when `path` cannot be opened to read and write. */
export function openNsm(path: string): NsmDescriptor {
  const fd = openSync(path, 'r+');
  const request = allocateFixed(MAX_REQUEST_BYTES);
  const response = allocateFixed(MAX_RESPONSE_BYTES);
  const raw = allocateFixed(NSM_RAW_LENGTH);
  const fields = new DataView(raw.bytes.buffer);
  let underWay = false;

  return {
    async exchange(message) {
      // The memory belongs to the driver until it returns.
      if (underWay) throw new Error('an exchange with the secure module is under way');
      // An empty request would wedge the device until the enclave ends.
      if (message.length === 0 || message.length > MAX_REQUEST_BYTES) {
        throw new Error('a request to the secure module has 1 to 4096 bytes');
      }
      underWay = true;
      try {
        request.bytes.set(message);
        fields.setBigUint64(0, request.address, true);
        fields.setBigUint64(8, BigInt(message.length), true);
        fields.setBigUint64(16, response.address, true);
        // Less than the whole would be answered with a truncated response, and with success.
        fields.setBigUint64(24, BigInt(MAX_RESPONSE_BYTES), true);
        await ioctlInPool(fd, NSM_IOCTL_RAW, raw.address);
        // A length beyond the memory ends at its end.
        return response.bytes.slice(0, Number(fields.getBigUint64(24, true)));
      } finally {
        // Random bytes that become keys pass through here.
        request.bytes.fill(0);
        response.bytes.fill(0);
        underWay = false;
      }
    },
    close() {
      if (underWay) throw new Error('an exchange with the secure module is under way');
      try {
        closeSync(fd);
      } catch {
        // Linux has released the descriptor whatever a driver says to that.
      }
      for (const memory of [request, response, raw]) memory.free();
    },
  };
}

/** linux/nsm.h: _IOWR(0x0A, 0x0, struct nsm_raw), the same on x86-64 and arm64. */
const NSM_IOCTL_RAW = 0xc0200a00;

/** struct nsm_raw: address and length of the request, address and length of the response, as u64. */
const NSM_RAW_LENGTH = 32;
