import { resolve } from 'node:path';
import { type Address, formatAddress } from '../../shared/vsock/index.ts';
import { invalidConfig } from './invalid.ts';

/** The listeners of a configuration, by member. */
export type Listeners = Readonly<Record<string, { readonly listen: Address } | undefined>>;

/**
 * Checks that no two listeners want one place. Of TCP that is one port, whatever the addresses: some
 * stand for others, as 0.0.0.0 does.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export function checkListeners(listeners: Listeners): void {
  const seen = new Map<string, string>();
  for (const [member, listener] of Object.entries(listeners)) {
    const place = listener && placeOf(listener.listen);
    if (place === undefined) continue;
    const earlier = seen.get(place);
    if (earlier !== undefined) {
      throw invalidConfig(
        `${member}.listen: expected a place of its own, got ${place}, which ${earlier}.listen has`,
      );
    }
    seen.set(place, member);
  }
}

/**
 * Checks that whoever is to connect can know the port before the start.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export function checkPorts(listeners: Listeners): void {
  for (const [member, listener] of Object.entries(listeners)) {
    if (listener?.listen.kind !== 'tcp' || listener.listen.port !== 0) continue;
    throw invalidConfig(
      `${member}.listen: expected a port from 1 to 65535, got ${formatAddress(listener.listen)}`,
    );
  }
}

function placeOf(address: Address): string | undefined {
  switch (address.kind) {
    case 'unix':
      return `unix:${resolve(address.path)}`;
    case 'tcp':
      return address.port === 0 ? undefined : `the TCP port ${address.port}`;
    case 'vsock':
      return formatAddress(address);
  }
}
