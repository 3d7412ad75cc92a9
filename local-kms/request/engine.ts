import { availableParallelism } from 'node:os';
import type { CryptoEngine } from '../../shared/crypto/engine.ts';
import { createNodeEngine } from '../../shared/crypto/node.ts';
import { createGate } from '../../shared/gate.ts';

/**
 * OpenSSL's engine, with no more verifications at a time than there are processors. The thread pool
 * alone would take four, and whoever else asks would wait for all of them.
 */
export function createServerEngine(): CryptoEngine {
  const engine = createNodeEngine();
  const gate = createGate(Array.from({ length: availableParallelism() }));
  return {
    ...engine,
    verifyP384: (key, message, signature) => gate(() => engine.verifyP384(key, message, signature)),
  };
}
