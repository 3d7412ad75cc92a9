export { bringUpLoopback } from './loopback.ts';
export { type NsmDescriptor, openNsm } from './nsm.ts';
export { connectVsock, listenVsock, peerOfVsock, readLocalCid } from './vsock.ts';
