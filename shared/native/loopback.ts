import { close, ioctl, socket } from './libc.ts';

// linux/sockios.h, linux/if.h: the same on x86-64 and arm64.
const AF_INET = 2;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const NAME = 'lo';

/**
 * Brings the loopback interface up, if it is down, as it is when an enclave starts. The kernel then
 * gives it 127.0.0.1 by itself.
 *
 * @returns whether it was down.
 * @throws {SystemCallError} for example EPERM
 */
export function bringUpLoopback(): boolean {
  const fd = socket(AF_INET);
  try {
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(new TextEncoder().encode(NAME));
    const flags = new DataView(request.buffer, NAME_BYTES, 2);
    ioctl(fd, SIOCGIFFLAGS, request);
    const current = flags.getInt16(0, true);
    if ((current & IFF_UP) !== 0) return false;
    flags.setInt16(0, current | IFF_UP, true);
    ioctl(fd, SIOCSIFFLAGS, request);
    return true;
  } finally {
    close(fd);
  }
}
