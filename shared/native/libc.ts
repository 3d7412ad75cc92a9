import { constants, platform } from 'node:os';
import koffi, { type KoffiFunc } from 'koffi';

/** A call into libc failed. `code` is the name that Node uses too, for example `ECONNRESET`. */
export class SystemCallError extends Error {
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, code: string) {
    super(`${syscall}: ${code}`);
    this.name = 'SystemCallError';
    this.syscall = syscall;
    this.code = code;
  }
}

const prototypes = {
  socket: 'int socket(int, int, int)',
  socketpair: 'int socketpair(int, int, int, void *)',
  bind: 'int bind(int, void *, uint)',
  listen: 'int listen(int, int)',
  connect: 'int connect(int, void *, uint)',
  getsockname: 'int getsockname(int, void *, void *)',
  getpeername: 'int getpeername(int, void *, void *)',
  setsockopt: 'int setsockopt(int, int, int, void *, uint)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  poll: 'int poll(void *, ulong, int)',
  dup3: 'int dup3(int, int, int)',
  close: 'int close(int)',
  // Variadic in C; on the Linux ABIs of x86-64 and arm64 integers and pointers travel the same way.
  fcntl: 'int fcntl(int, int, int)',
  ioctl: 'int ioctl(int, ulong, void *)',
} as const;

type SystemCall = keyof typeof prototypes;

/** Found in the running process, so glibc and musl serve alike; each when it is first called. */
const found = new Map<SystemCall, KoffiFunc<(...parameters: readonly unknown[]) => number>>();

function find(name: SystemCall): KoffiFunc<(...parameters: readonly unknown[]) => number> {
  // The constants below are Linux's, and AF_VSOCK is had nowhere else.
  if (platform() !== 'linux') throw new SystemCallError(name, 'EAFNOSUPPORT');
  const invoke = found.get(name) ?? koffi.load(null).func(prototypes[name]);
  found.set(name, invoke);
  return invoke;
}

function call(name: SystemCall, ...parameters: readonly unknown[]): number {
  const result = find(name)(...parameters);
  if (result === -1) throw new SystemCallError(name, errorName(koffi.errno()));
  return result;
}

/** The name of an error number. Node's own table for this lacks those libuv never meets. */
function errorName(errno: number): string {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `errno ${errno}`;
}

/** Creates a stream socket that does not block and is not inherited by child processes. */
export function socket(family: number): number {
  return call('socket', family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/** Two AF_UNIX stream sockets, connected to each other. */
export function socketpair(): readonly [number, number] {
  const pair = new Int32Array(2);
  call('socketpair', AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
  const [near = -1, far = -1] = pair;
  return [near, far];
}

export function bind(fd: number, address: Uint8Array): void {
  call('bind', fd, address, address.length);
}

export function listen(fd: number, backlog: number): void {
  call('listen', fd, backlog);
}

export function connect(fd: number, address: Uint8Array): void {
  call('connect', fd, address, address.length);
}

/** The address that `fd` is bound to. @param capacity bytes to offer for it */
export function getsockname(fd: number, capacity: number): Uint8Array {
  return readAddress('getsockname', fd, capacity);
}

/** The address at the other end of `fd`. @param capacity bytes to offer for it */
export function getpeername(fd: number, capacity: number): Uint8Array {
  return readAddress('getpeername', fd, capacity);
}

function readAddress(
  name: 'getsockname' | 'getpeername',
  fd: number,
  capacity: number,
): Uint8Array {
  const address = new Uint8Array(capacity);
  const length = new Uint32Array([capacity]);
  call(name, fd, address, length);
  return address.subarray(0, Math.min(length[0] ?? 0, capacity));
}

export function setsockopt(fd: number, level: number, option: number, value: Uint8Array): void {
  call('setsockopt', fd, level, option, value, value.length);
}

/** Takes the pending error off a socket: its name, or undefined if there is none. */
export function takeSocketError(fd: number): string | undefined {
  const value = new Int32Array(1);
  call('getsockopt', fd, SOL_SOCKET, SO_ERROR, value, new Uint32Array([value.byteLength]));
  const errno = value[0] ?? 0;
  return errno === 0 ? undefined : errorName(errno);
}

/** Whether `fd` can be written, or has failed. Returns at once. */
export function pollWritable(fd: number): boolean {
  const pollfd = new DataView(new ArrayBuffer(8));
  pollfd.setInt32(0, fd, true);
  pollfd.setInt16(4, POLLOUT, true);
  return call('poll', new Uint8Array(pollfd.buffer), 1, 0) > 0;
}

/** Makes `to` another name for what `from` names, closing what `to` named before. */
export function dup3(from: number, to: number): void {
  call('dup3', from, to, O_CLOEXEC);
}

export function close(fd: number): void {
  call('close', fd);
}

export function setNonBlocking(fd: number): void {
  call('fcntl', fd, F_SETFL, call('fcntl', fd, F_GETFL, 0) | O_NONBLOCK);
}

/** @param argument the structure that the request number calls for, read and written in place */
export function ioctl(fd: number, request: number, argument: Uint8Array): number {
  return call('ioctl', fd, request, argument);
}

/**
 * As {@link ioctl}, in a thread of libuv's pool, which it holds for as long as the driver takes.
 *
 * @param argument the address of memory that is there, and at that place, until the promise settles
 */
export function ioctlInPool(fd: number, request: number, argument: bigint): Promise<number> {
  return new Promise((resolve, reject) => {
    find('ioctl').async(fd, request, argument, (error, result) => {
      // koffi brings the number over from the thread of the call, for this turn only.
      const errno = koffi.errno();
      if (error) reject(error);
      else if (result === -1) reject(new SystemCallError('ioctl', errorName(errno)));
      else resolve(result);
    });
  });
}

export const AF_UNIX = 1;
export const AF_VSOCK = 40;

// The values of Linux on x86-64 and arm64, which agree on all of these.
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const POLLOUT = 4;
