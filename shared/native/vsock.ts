import { closeSync, openSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { adoptListener, adoptStream, descriptorOf } from './adoption.ts';
import { connectDescriptor } from './connecting.ts';
import {
  AF_VSOCK,
  bind,
  close,
  getpeername,
  getsockname,
  ioctl,
  listen,
  SystemCallError,
  setsockopt,
  socket,
} from './libc.ts';

/** Where a vsock stream begins or ends: linux/vm_sockets.h, struct sockaddr_vm. */
export interface VsockEndpoint {
  readonly cid: number;
  readonly port: number;
}

/**
 * Makes one attempt to connect over AF_VSOCK.
 *
 * @throws {SystemCallError} `ECONNRESET` when nobody listens and also when the backlog is full,
 *   `ENODEV` when there is no such CID, `ETIMEDOUT` after `timeoutMs`.
 * @throws {unknown} the reason of `signal`, when it is aborted first.
 */
export async function connectVsock(
  endpoint: VsockEndpoint,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Socket> {
  const fd = socket(AF_VSOCK);
  try {
    setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, encodeTimeval(options.timeoutMs));
  } catch (error) {
    close(fd);
    throw error;
  }
  await connectDescriptor(fd, encodeVsockEndpoint(endpoint), options.signal);
  return adoptStream(fd);
}

/**
 * Binds, listens and hands the listener to Node; `endpoint` in the answer is the one bound.
 *
 * @throws {SystemCallError} `EADDRINUSE` for a port that is taken, `EADDRNOTAVAIL` for a CID that is
 *   not this machine's.
 */
export function listenVsock(
  endpoint: VsockEndpoint,
  options: { readonly backlog: number },
): { readonly server: Server; readonly endpoint: VsockEndpoint } {
  const fd = socket(AF_VSOCK);
  let bound: VsockEndpoint;
  try {
    bind(fd, encodeVsockEndpoint(endpoint));
    listen(fd, options.backlog);
    bound = parseVsockEndpoint(getsockname(fd, SOCKADDR_VM_LENGTH));
  } catch (error) {
    close(fd);
    throw error;
  }
  return { server: adoptListener(fd), endpoint: bound };
}

/**
 * Who is at the other end of an open vsock stream, as the hypervisor says; undefined when the stream
 * was closed, here or there.
 */
export function peerOfVsock(stream: Socket): VsockEndpoint | undefined {
  const fd = descriptorOf(stream);
  if (fd === undefined) return undefined;
  try {
    return parseVsockEndpoint(getpeername(fd, SOCKADDR_VM_LENGTH));
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ENOTCONN') return undefined;
    throw error;
  }
}

/**
 * This machine's own CID: 1 where only the kernel's loopback is there.
 *
 * @throws {Error} with a Node error code when there is no /dev/vsock, or no transport behind it.
 */
export function readLocalCid(): number {
  const device = openSync('/dev/vsock', 'r');
  try {
    const cid = new Uint32Array(1);
    ioctl(device, IOCTL_VM_SOCKETS_GET_LOCAL_CID, new Uint8Array(cid.buffer));
    return cid[0] ?? 0;
  } finally {
    closeSync(device);
  }
}

/** u16 family, u16 zero, u32 port, u32 CID, u8 flags, three zero bytes; all little-endian. */
export function encodeVsockEndpoint(endpoint: VsockEndpoint): Uint8Array {
  const view = new DataView(new ArrayBuffer(SOCKADDR_VM_LENGTH));
  view.setUint16(0, AF_VSOCK, true);
  view.setUint32(4, endpoint.port, true);
  view.setUint32(8, endpoint.cid, true);
  return new Uint8Array(view.buffer);
}

/** @throws {Error} if the address is of another family: a programming error, so it has no code. */
export function parseVsockEndpoint(address: Uint8Array): VsockEndpoint {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  if (address.length !== SOCKADDR_VM_LENGTH || view.getUint16(0, true) !== AF_VSOCK) {
    throw new Error('the address is not one of AF_VSOCK');
  }
  return { cid: view.getUint32(8, true), port: view.getUint32(4, true) };
}

function encodeTimeval(milliseconds: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigInt64(0, BigInt(Math.floor(milliseconds / 1000)), true);
  view.setBigInt64(8, BigInt(Math.floor(milliseconds % 1000) * 1000), true);
  return new Uint8Array(view.buffer);
}

const SOCKADDR_VM_LENGTH = 16;
const SO_VM_SOCKETS_CONNECT_TIMEOUT = 6;
const IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7b9;
