import { createSoftwareNsm } from '../../enclave/nsm/software/index.ts';
import type { Nsm } from '../../shared/nsm/index.ts';
import { createDevelopmentNsmRoot, type KeyedCertificate } from '../../shared/pki/index.ts';

const START = Date.UTC(2026, 4, 21, 12, 7, 37, 345);
const INSTANCE = 'i-0123456789abcdef0';
const MODULE = `${INSTANCE}-enc019e4a6ea7444bda`;

/** A secure module in software whose every answer but a document's is known. */
export async function developmentNsm(): Promise<{
  readonly nsm: Nsm;
  readonly root: KeyedCertificate;
  readonly moduleId: string;
  /** PCR0, PCR1 and PCR2. */
  readonly register: Uint8Array;
  /** What all of its random bytes are. */
  readonly randomByte: number;
}> {
  const root = await createDevelopmentNsmRoot({ now: () => START });
  const register = new Uint8Array(48).fill(1);
  const randomByte = 5;
  const nsm = createSoftwareNsm({
    root,
    region: 'eu-west-1',
    instanceId: INSTANCE,
    moduleId: MODULE,
    pcrs: { 0: register, 1: register, 2: register },
    debug: false,
    now: () => START,
    randomBytes: (length) => new Uint8Array(length).fill(randomByte),
  });
  return { nsm, root, moduleId: MODULE, register, randomByte };
}
