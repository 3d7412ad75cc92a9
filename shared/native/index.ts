export { connectVsock, listenVsock, peerOfVsock, readLocalCid } from './vsock.ts';
