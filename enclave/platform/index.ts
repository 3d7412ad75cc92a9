import { checkEntropySource } from './entropy.ts';
import { ensureLoopback } from './loopback.ts';

/** What the enclave asks of the kernel that it runs on. */
export interface Platform {
  /** @throws {ReadinessError} READY_LOOPBACK */
  ensureLoopback(): Promise<void>;
  /** @throws {ReadinessError} READY_ENTROPY */
  checkEntropySource(): Promise<void>;
}

/** The kernel of this machine. */
export const kernel: Platform = {
  ensureLoopback: () => ensureLoopback(),
  checkEntropySource: () => checkEntropySource(),
};
