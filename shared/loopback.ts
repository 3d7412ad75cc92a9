const OCTET = String.raw`(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])`;
/** 127.0.0.0/8 (RFC 1122, section 3.2.1.3) in its usual notation. */
const LOOPBACK_IPV4 = new RegExp(String.raw`^127(?:\.${OCTET}){3}$`);

/** Whether a host name or an IP literal, without brackets, stands for this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopbackAddress(host);
}

/** Whether an IP address, as a socket gives it of its peer, is on loopback. */
export function isLoopbackAddress(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || LOOPBACK_IPV4.test(plain);
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
