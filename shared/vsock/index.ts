export { type Address, formatAddress, parseAddress } from './address.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { connectFailure, listenFailure } from './failure.ts';
export { type Listener, type ListenOptions, listen, type Peer } from './listen.ts';
export { explainOccupiedPath } from './occupied-path.ts';
