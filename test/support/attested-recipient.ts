import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createSoftwareNsm } from '../../enclave/nsm/software/index.ts';
import { parseTrustAnchor, type TrustAnchor } from '../../shared/attestation/index.ts';
import { openEnvelope, recipientIdOf } from '../../shared/cms/index.ts';
import { createNsmClient, type NsmClient } from '../../shared/nsm/index.ts';
import { createDevelopmentNsmRoot, type KeyedCertificate } from '../../shared/pki/index.ts';

const INSTANCE_ID = 'i-0123456789abcdef0';

/** An enclave on the software NSM, with an RSA-2048 key for its recipient. */
export interface TestEnclave {
  readonly nsm: NsmClient;
  readonly privateKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** A document that carries the key, as the `Recipient` of a request. */
  recipient(publicKey?: Uint8Array | undefined): Promise<{
    readonly KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256';
    readonly AttestationDocument: Uint8Array;
  }>;
  /** Opens a CiphertextForRecipient. */
  open(envelope: Uint8Array | undefined): Uint8Array;
}

export function createTestRoot(): Promise<KeyedCertificate> {
  return createDevelopmentNsmRoot({ now: Date.now });
}

export function anchorOf(root: KeyedCertificate): TrustAnchor {
  return parseTrustAnchor(root.certificate);
}

export function createTestEnclave(options: {
  readonly root: KeyedCertificate;
  readonly pcrs?: Readonly<Record<number, Uint8Array>>;
  readonly debug?: boolean;
  readonly now?: () => number;
}): TestEnclave {
  const nsm = createNsmClient(
    createSoftwareNsm({
      root: options.root,
      region: 'us-east-1',
      instanceId: INSTANCE_ID,
      pcrs: options.pcrs ?? {},
      debug: options.debug ?? false,
      now: options.now ?? Date.now,
      randomBytes,
    }),
  );
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  return {
    nsm,
    privateKey,
    spki,
    async recipient(publicKey = spki) {
      return {
        KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        AttestationDocument: await nsm.attest({ publicKey }),
      };
    },
    open(envelope) {
      if (envelope === undefined) throw new Error('there is no CiphertextForRecipient');
      const secret = openEnvelope({ envelope, privateKey, recipientId: recipientIdOf(spki) });
      return secret.reveal((bytes) => Uint8Array.from(bytes));
    },
  };
}
