import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, read as readWithCallback, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import {
  attributesBody,
  encodeFuseReply,
  type FuseReply,
  type FuseRequest,
  initBody,
  ioctlBody,
  opcodes,
  openBody,
  parseFuseRequest,
  parseIoctl,
} from './fuse.ts';
import type { StandInAnswer, StandInRequest } from './protocol.ts';

/**
 * The process behind a stand-in for /dev/nsm: a FUSE file whose ioctl does what Linux's nsm driver
 * does. What the device behind the driver answers is asked of the parent process.
 */

interface DriverCall {
  readonly request: FuseRequest;
  /** struct nsm_raw. */
  readonly raw: DataView;
}

const NSM_IOCTL_RAW = 0xc0200a00;
const MAX_REQUEST_BYTES = 0x1000;
const MOUNT_OPTIONS = 'fd=3,rootmode=100000,user_id=0,group_id=0,allow_other';
const { errno } = constants;

const read = promisify(readWithCallback);
const atDevice = new Map<string, DriverCall>();
const fuse = openSync('/dev/fuse', 'r+');
mount(process.argv[2] ?? '');
process.on('disconnect', () => process.exit(0));
process.on('message', (answer: StandInAnswer) => finishCall(answer));
process.send?.('mounted');
await serve();

function mount(path: string): void {
  // -i: no mount.fuse of another package.
  const options = ['-i', '-t', 'fuse', '-o', MOUNT_OPTIONS, 'nsm-stand-in', path];
  const { status } = spawnSync('mount', options, { stdio: ['ignore', 'ignore', 'inherit', fuse] });
  if (status !== 0) process.exit(1);
}

async function serve(): Promise<never> {
  const buffer = new Uint8Array(1 << 17);
  for (;;) {
    const { bytesRead } = await read(fuse, buffer, 0, buffer.length, null);
    const request = parseFuseRequest(buffer.slice(0, bytesRead));
    const reply = replyTo(request);
    if (reply !== undefined) send(request, reply);
  }
}

/** Undefined if there is no reply, or none yet. */
function replyTo(request: FuseRequest): FuseReply | undefined {
  switch (request.opcode) {
    case opcodes.INIT:
      return { body: initBody() };
    case opcodes.GETATTR:
      return { body: attributesBody() };
    case opcodes.OPEN:
      return { body: openBody() };
    case opcodes.FLUSH:
    case opcodes.RELEASE:
      return {};
    case opcodes.IOCTL:
      return beginCall(request);
    case opcodes.FORGET:
    case opcodes.BATCH_FORGET:
    case opcodes.INTERRUPT:
      return undefined;
    default:
      return { errno: errno.ENOSYS };
  }
}

/** The first half of the driver's ioctl: checks the call, copies the request and passes it on. */
function beginCall(request: FuseRequest): FuseReply | undefined {
  const { number, argument } = parseIoctl(request);
  if (number !== NSM_IOCTL_RAW) return { errno: errno.EINVAL };
  const raw = new DataView(argument.buffer);
  const length = raw.getBigUint64(8, true);
  if (length > MAX_REQUEST_BYTES) return { errno: errno.EMSGSIZE };
  const message = new Uint8Array(Number(length));
  const address = Number(raw.getBigUint64(0, true));
  if (!accessMemory(request, (fd) => readSync(fd, message, 0, message.length, address))) {
    return { errno: errno.EFAULT };
  }
  const id = String(request.unique);
  atDevice.set(id, { request, raw });
  const sent: StandInRequest = { id, message: Buffer.from(message).toString('base64') };
  process.send?.(sent);
  return undefined;
}

function finishCall(answer: StandInAnswer): void {
  const call = atDevice.get(answer.id);
  if (call === undefined) return;
  atDevice.delete(answer.id);
  send(call.request, 'errno' in answer ? answer : copyResponse(call, answer.response));
}

/** The second half: copies as much of the response as there is room for, and its length. */
function copyResponse({ request, raw }: DriverCall, base64: string): FuseReply {
  const address = Number(raw.getBigUint64(16, true));
  const capacity = Number(raw.getBigUint64(24, true));
  const response = Buffer.from(base64, 'base64').subarray(0, capacity);
  if (!accessMemory(request, (fd) => writeSync(fd, response, 0, response.length, address))) {
    return { errno: errno.EFAULT };
  }
  raw.setBigUint64(24, BigInt(response.length), true);
  return { body: ioctlBody(new Uint8Array(raw.buffer)) };
}

/** Whether the memory of the caller is there. */
function accessMemory({ pid }: FuseRequest, access: (fd: number) => void): boolean {
  const fd = openSync(`/proc/${pid}/mem`, 'r+');
  try {
    access(fd);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}

function send(request: FuseRequest, reply: FuseReply): void {
  try {
    writeSync(fuse, encodeFuseReply(request, reply));
  } catch {
    // ENOENT: the caller was killed meanwhile.
  }
}
