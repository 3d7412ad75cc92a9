import { diffieHellman, type KeyObject } from 'node:crypto';
import { Secret } from '../../../shared/secret.ts';
import { validationError } from '../../errors.ts';
import { isAgreementSpec, type KeySpec } from '../../keys/specs.ts';
import { parsePeerPublicKey } from './peer-public-key.ts';
import { agreeOnSm2, parseSm2PeerPoint } from './sm2-agreement.ts';

/** Derives what a private key and the peer's public key have in common. The caller disposes of it. */
export type Derivation = (privateKey: KeyObject) => Secret;

/** The last one of each array: a call checks the peer's key before it uses it. */
const parsed = new WeakMap<Uint8Array, { readonly spec: KeySpec; readonly derive: Derivation }>();

/**
 * Imports the peer's public key, which must be on the curve of the key spec.
 *
 * The derivation answers the x coordinate at the curve's full length, leading zeros included:
 * SP 800-56A section 5.7.1.2.
 *
 * @throws {KmsServiceError} ValidationException without a text, whatever is wrong with the key
 */
export function parsePeer(spki: Uint8Array, spec: KeySpec): Derivation {
  const last = parsed.get(spki);
  if (last?.spec === spec) return last.derive;
  const derive = parse(spki, spec);
  parsed.set(spki, { spec, derive });
  return derive;
}

function parse(spki: Uint8Array, spec: KeySpec): Derivation {
  if (spec === 'SM2') {
    const point = parseSm2PeerPoint(spki);
    if (point === undefined) throw validationError();
    return (privateKey) => agreeOnSm2(privateKey, point);
  }
  const publicKey = isAgreementSpec(spec) ? parsePeerPublicKey(spki, spec) : undefined;
  if (publicKey === undefined) throw validationError();
  return (privateKey) => new Secret(diffieHellman({ privateKey, publicKey }));
}
