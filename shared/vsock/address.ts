import { Buffer } from 'node:buffer';
import { isIPv6 } from 'node:net';
import { ConfigError } from '../errors.ts';

/** Where a listener listens, or a connection goes. */
export type Address =
  | { readonly kind: 'vsock'; readonly cid: number; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** VMADDR_CID_ANY and VMADDR_PORT_ANY of linux/vm_sockets.h: to listen on, not to connect to. */
export const VSOCK_ANY = 0xffff_ffff;

/**
 * Reads `vsock://CID:PORT`, `unix:PATH` or `tcp://HOST:PORT`.
 *
 * Numbers are decimal without leading zeros; CIDs and vsock ports have 32 bits, TCP ports 16. An
 * IPv6 host stands in brackets. A path has at most 107 bytes, which is what the kernel has room for,
 * and is not looked up here. {@link formatAddress} gives back the same text.
 *
 * @throws {ConfigError} ADDRESS_SYNTAX, ADDRESS_RANGE, ADDRESS_PATH
 */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix:')) return parseUnix(text.slice('unix:'.length));
  if (text.length > MAX_TEXT) throw syntaxError('the address is too long');

  const vsock = /^vsock:\/\/(0|[1-9]\d*):(0|[1-9]\d*)$/.exec(text);
  if (vsock !== null) {
    const [, cid = '', port = ''] = vsock;
    return {
      kind: 'vsock',
      cid: parseNumber(cid, 'CID', 0xffff_ffff),
      port: parseNumber(port, 'port', 0xffff_ffff),
    };
  }

  const tcp = /^tcp:\/\/(?:\[([^\]]+)\]|([A-Za-z0-9._-]+)):(0|[1-9]\d*)$/.exec(text);
  if (tcp !== null) {
    const [, bracketed, name = '', port = ''] = tcp;
    if (bracketed !== undefined && !isIPv6(bracketed)) {
      throw syntaxError(`an IPv6 address stands in brackets, not ${JSON.stringify(bracketed)}`);
    }
    return { kind: 'tcp', host: bracketed ?? name, port: parseNumber(port, 'port', 0xffff) };
  }

  throw syntaxError(
    `expected vsock://CID:PORT, unix:PATH or tcp://HOST:PORT, got ${JSON.stringify(text)}`,
  );
}

export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'vsock':
      return `vsock://${address.cid}:${address.port}`;
    case 'unix':
      return `unix:${address.path}`;
    case 'tcp':
      return isIPv6(address.host)
        ? `tcp://[${address.host}]:${address.port}`
        : `tcp://${address.host}:${address.port}`;
  }
}

function parseUnix(path: string): Address {
  const length = Buffer.byteLength(path, 'utf8');
  // A path that begins with a zero byte would be Linux's abstract namespace, which has no file mode.
  if (length === 0 || length > MAX_PATH || path.includes('\0')) {
    throw new ConfigError(
      'ADDRESS_PATH',
      `the path of a Unix socket has 1 to ${MAX_PATH} bytes and no zero byte; this one has ${length}`,
      { details: { length } },
    );
  }
  return { kind: 'unix', path };
}

function parseNumber(digits: string, what: string, max: number): number {
  const value = Number(digits);
  if (value > max) throw new ConfigError('ADDRESS_RANGE', `the ${what} is at most ${max}`);
  return value;
}

function syntaxError(message: string): ConfigError {
  return new ConfigError('ADDRESS_SYNTAX', message);
}

/** sun_path of sockaddr_un has 108 bytes, the last of them zero. */
const MAX_PATH = 107;
const MAX_TEXT = 300;
