import type { Socket } from 'node:net';
import { TransportError } from '../shared/errors.ts';
import type { Peer } from '../shared/vsock/index.ts';

/**
 * Why a peer is not served, if it is a virtual machine that is not on the list. Without a list all
 * are served; and so are peers without a CID, for whose addresses the configuration takes no list.
 */
export function refusalOfPeer(
  peer: Peer,
  cids: readonly number[] | undefined,
): TransportError | undefined {
  if (cids === undefined || peer.kind !== 'vsock' || cids.includes(peer.cid)) return undefined;
  return new TransportError('TRANSPORT_PEER', `CID ${peer.cid} is not one that is served here`);
}

export interface ConnectionCounter {
  /** Counts a connection until it closes, or says why there may not be another from this peer. */
  admit(socket: Socket, peer: Peer): TransportError | undefined;
}

/**
 * Counts the open connections of each virtual machine.
 *
 * @param perCid - how many one CID may have. Peers without a CID are not counted.
 */
export function createConnectionCounter(perCid: number): ConnectionCounter {
  const open = new Map<number, number>();
  return {
    admit(socket, peer) {
      if (peer.kind !== 'vsock') return undefined;
      const { cid } = peer;
      const count = open.get(cid) ?? 0;
      if (count >= perCid) {
        return new TransportError('TRANSPORT_LIMIT', `CID ${cid} has ${perCid} connections open`);
      }
      open.set(cid, count + 1);
      socket.once('close', () => {
        const left = (open.get(cid) ?? 0) - 1;
        if (left > 0) open.set(cid, left);
        else open.delete(cid);
      });
      return undefined;
    },
  };
}
