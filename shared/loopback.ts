import { isIPv4 } from 'node:net';

/** Whether a host name or an IP literal, without brackets, stands for this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopbackAddress(host);
}

/** Whether the address of a socket's peer is on loopback. */
export function isLoopbackAddress(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** An IPv4 address that a socket for both families gives as IPv6, in its own form. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * The host that a request was made to, by its `Host` header: without the port and without the
 * brackets of an IPv6 literal. Undefined if there is no such header, or none of that form.
 */
export function parseHostHeader(header: string | undefined): string | undefined {
  const [, bracketed, name] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header ?? '') ?? [];
  return bracketed ?? name;
}
