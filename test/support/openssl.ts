import { execFileSync, spawnSync } from 'node:child_process';

/** Whether the `openssl` command is there; tests that need it say so when they are skipped. */
export const haveOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Runs `openssl` and answers its standard output. */
export function openssl(args: readonly string[], input?: Uint8Array): Uint8Array {
  return execFileSync('openssl', args, { stdio: 'pipe', ...(input && { input }) });
}
