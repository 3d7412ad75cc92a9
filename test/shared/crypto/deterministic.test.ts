import { describe, expect, it } from 'vitest';
import { createDeterministicSigner } from '../../../shared/crypto/deterministic.ts';
import { createNobleEngine } from '../../../shared/crypto/noble.ts';
import { createNodeEngine } from '../../../shared/crypto/node.ts';

const message = new TextEncoder().encode('message');

describe('a deterministic signer', () => {
  it.each([createNodeEngine(), createNobleEngine()])(
    'makes signatures that $name verifies',
    async (engine) => {
      const { publicPoint, sign } = createDeterministicSigner('a');
      const key = engine.importP384(publicPoint);
      expect(await engine.verifyP384(key, message, sign(message))).toBe(true);
      expect(await engine.verifyP384(key, new Uint8Array(7), sign(message))).toBe(false);
    },
  );

  it('is the same for the same label, and another for another', () => {
    const [one, same, other] = ['a', 'a', 'b'].map(createDeterministicSigner);
    expect(one?.sign(message)).toEqual(same?.sign(message));
    expect(one?.publicPoint).toEqual(same?.publicPoint);
    expect(one?.publicPoint).not.toEqual(other?.publicPoint);
  });
});
