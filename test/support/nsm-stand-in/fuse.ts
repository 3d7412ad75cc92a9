/** The few messages of linux/fuse.h that a file with an ioctl needs; all little-endian. */

export const opcodes = {
  FORGET: 2,
  GETATTR: 3,
  OPEN: 14,
  RELEASE: 18,
  FLUSH: 25,
  INIT: 26,
  INTERRUPT: 36,
  IOCTL: 39,
  BATCH_FORGET: 42,
} as const;

/** A request of the kernel: struct fuse_in_header, and what follows it. */
export interface FuseRequest {
  readonly opcode: number;
  readonly unique: bigint;
  /** The thread that made the system call. */
  readonly pid: number;
  readonly body: DataView;
}

/** struct fuse_ioctl_in, with the argument that the kernel copied for the number's size. */
export interface IoctlRequest {
  readonly number: number;
  readonly argument: Uint8Array;
}

const IN_HEADER = 40;
const OUT_HEADER = 16;

export function parseFuseRequest(message: Uint8Array): FuseRequest {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  return {
    opcode: view.getUint32(4, true),
    unique: view.getBigUint64(8, true),
    pid: view.getUint32(32, true),
    body: new DataView(message.buffer, message.byteOffset + IN_HEADER, message.length - IN_HEADER),
  };
}

export function parseIoctl({ body }: FuseRequest): IoctlRequest {
  const length = body.getUint32(24, true);
  return {
    number: body.getUint32(12, true),
    argument: new Uint8Array(body.buffer, body.byteOffset + 32, length).slice(),
  };
}

/** What a request is answered with: nothing, a body, or the number of an error. */
export interface FuseReply {
  readonly errno?: number;
  readonly body?: Uint8Array;
}

/** struct fuse_out_header, then the body. */
export function encodeFuseReply({ unique }: FuseRequest, reply: FuseReply): Uint8Array {
  const { errno = 0, body = new Uint8Array(0) } = reply;
  const message = new Uint8Array(OUT_HEADER + body.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setInt32(4, -errno, true);
  view.setBigUint64(8, unique, true);
  message.set(body, OUT_HEADER);
  return message;
}

/** struct fuse_init_out of protocol 7.31. */
export function initBody(): Uint8Array {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, 7, true);
  view.setUint32(4, 31, true);
  view.setUint32(20, 4096, true);
  view.setUint32(24, 1, true);
  return new Uint8Array(view.buffer);
}

/** struct fuse_attr_out of the mounted file: inode 1, a regular file that all may read and write. */
export function attributesBody(): Uint8Array {
  const view = new DataView(new ArrayBuffer(104));
  view.setBigUint64(16, 1n, true);
  view.setUint32(76, 0o100666, true);
  view.setUint32(80, 1, true);
  return new Uint8Array(view.buffer);
}

/** struct fuse_open_out: direct I/O. */
export function openBody(): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(8, 1, true);
  return new Uint8Array(view.buffer);
}

/** struct fuse_ioctl_out with the result 0, and the argument to copy back. */
export function ioctlBody(argument: Uint8Array): Uint8Array {
  const body = new Uint8Array(16 + argument.length);
  body.set(argument, 16);
  return body;
}
