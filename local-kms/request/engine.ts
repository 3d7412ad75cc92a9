import { availableParallelism } from 'node:os';
import type { CryptoEngine } from '../../shared/crypto/engine.ts';
import { createNodeEngine } from '../../shared/crypto/node.ts';
import { createGate } from './gate.ts';

/**
 * OpenSSL's engine, in which never so many signatures are verified at a time that no processor is
 * left to answer other requests: the thread pool alone would take four.
 */
export function createServerEngine(): CryptoEngine {
  const engine = createNodeEngine();
  const gate = createGate(Math.max(1, availableParallelism() - 1));
  return {
    ...engine,
    verifyP384: (key, message, signature) => gate(() => engine.verifyP384(key, message, signature)),
  };
}
