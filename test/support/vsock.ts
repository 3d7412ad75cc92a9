/** This machine's own CID, or undefined where there is no AF_VSOCK. Asking it connects to nothing. */
const localCid = await readCid();

/** Sockets of AF_VSOCK can be made and bound here. */
export const vsockAvailable = localCid !== undefined;

/**
 * Connections of AF_VSOCK stay inside this machine. Where the kernel's loopback (CID 1) is not the
 * only transport they would leave it, so tests connect only where this is true.
 */
export const vsockLoopback = localCid === 1;

async function readCid(): Promise<number | undefined> {
  try {
    const { readLocalCid } = await import('../../shared/native/index.ts');
    return readLocalCid();
  } catch {
    return undefined;
  }
}
