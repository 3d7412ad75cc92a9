// @peculiar/x509 finds its parts by decorator metadata, so this comes before it.
import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { createPublicKey, generateKeyPair, type KeyObject, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

export type Curve = 'P-256' | 'P-384';

/** A certificate in DER with the private key it certifies, and its validity in Unix milliseconds. */
export interface KeyedCertificate {
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
}

export type NameAttribute = readonly [type: 'C' | 'ST' | 'L' | 'O' | 'OU' | 'CN', value: string];

export type KeyUsage = 'digitalSignature' | 'nonRepudiation' | 'keyCertSign' | 'cRLSign';

/** Key identifiers are those of RFC 5280 section 4.2.1.2 method 1. */
export type CertificateExtension =
  | { readonly name: 'basicConstraints'; readonly ca: boolean; readonly pathLength?: number }
  | {
      readonly name: 'keyUsage';
      readonly usages: readonly KeyUsage[];
      readonly critical: boolean;
    }
  | { readonly name: 'subjectKeyIdentifier' }
  | { readonly name: 'authorityKeyIdentifier' }
  | { readonly name: 'crlDistributionPoint'; readonly url: string }
  | { readonly name: 'serverAuth' }
  | {
      readonly name: 'subjectAltName';
      readonly hostNames: readonly string[];
      readonly ipAddresses: readonly string[];
    };

export interface CertificateContents {
  readonly subject: readonly NameAttribute[];
  /** Random when left out. */
  readonly serialNumber?: Uint8Array;
  /** Unix milliseconds, cut to whole seconds as X.509 writes them. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Written in this order. */
  readonly extensions: readonly CertificateExtension[];
}

const HASH_OF_CURVE = { 'P-256': 'SHA-256', 'P-384': 'SHA-384' } as const;

const OPENSSL_NAMES: ReadonlyMap<string | undefined, Curve> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
]);

const USAGE_FLAGS = {
  digitalSignature: x509.KeyUsageFlags.digitalSignature,
  nonRepudiation: x509.KeyUsageFlags.nonRepudiation,
  keyCertSign: x509.KeyUsageFlags.keyCertSign,
  cRLSign: x509.KeyUsageFlags.cRLSign,
} as const;

/** Makes a private key on the curve, off the main thread. */
export async function createPrivateKeyOn(curve: Curve): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: curve });
  return privateKey;
}

/** The curve of an EC key, or undefined for a key of any other kind. */
export function curveOf(key: KeyObject): Curve | undefined {
  return OPENSSL_NAMES.get(key.asymmetricKeyDetails?.namedCurve);
}

/**
 * Makes a certificate for `privateKey`, signed by `issuer`, or by the key itself without one.
 *
 * ECDSA with the hash that the signer's curve asks for: SHA-384 on P-384, SHA-256 on P-256. The
 * contents are written as given; which of them make sense together is up to the caller.
 *
 * @throws {RangeError} for a signer on another curve or times that are none: programming errors.
 */
export async function createCertificate(options: {
  readonly contents: CertificateContents;
  readonly privateKey: KeyObject;
  readonly issuer?: KeyedCertificate;
}): Promise<KeyedCertificate> {
  const { contents, privateKey, issuer } = options;
  const signer = issuer?.privateKey ?? privateKey;
  const curve = curveOf(signer);
  if (curve === undefined) throw new RangeError('certificates are signed on P-256 or P-384');
  const subject = encodeName(contents.subject);
  const publicKey = encodePublicKey(privateKey);
  const extensions = await Promise.all(
    contents.extensions.map((one) => encodeExtension(one, publicKey, encodePublicKey(signer))),
  );
  const notBefore = wholeSeconds(contents.notBefore);
  const notAfter = wholeSeconds(contents.notAfter);
  // The library would write an invalid Date without a word.
  if (!(notBefore < notAfter)) throw new RangeError('a certificate is valid over a span of time');
  const certificate = await x509.X509CertificateGenerator.create({
    ...(contents.serialNumber && {
      serialNumber: Buffer.from(contents.serialNumber).toString('hex'),
    }),
    subject,
    issuer: issuer ? new x509.X509Certificate(issuer.certificate).subjectName : subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey,
    extensions,
    // Stated, because the library signs with SHA-256 on every curve when it is left out.
    signingAlgorithm: { name: 'ECDSA', hash: HASH_OF_CURVE[curve] },
    signingKey: await importSigner(signer, curve),
  });
  return { certificate: new Uint8Array(certificate.rawData), privateKey, notBefore, notAfter };
}

/** Pairs a certificate that was read from somewhere with its key; whether they match is not checked. */
export function pairCertificate(certificate: Uint8Array, privateKey: KeyObject): KeyedCertificate {
  const parsed = new x509.X509Certificate(certificate);
  return {
    certificate,
    privateKey,
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
  };
}

/** As an array of attributes, never as one string: a comma in a value would start a new attribute. */
function encodeName(attributes: readonly NameAttribute[]): x509.Name {
  return new x509.Name(
    attributes.map(([type, value]) => ({
      [type]: [type === 'C' ? { printableString: value } : { utf8String: value }],
    })),
  );
}

async function encodeExtension(
  extension: CertificateExtension,
  publicKey: Uint8Array,
  issuerPublicKey: Uint8Array,
): Promise<x509.Extension> {
  switch (extension.name) {
    case 'basicConstraints':
      return new x509.BasicConstraintsExtension(extension.ca, extension.pathLength, true);
    case 'keyUsage': {
      const flags = extension.usages.reduce((sum, usage) => sum | USAGE_FLAGS[usage], 0);
      return new x509.KeyUsagesExtension(flags, extension.critical);
    }
    case 'subjectKeyIdentifier':
      return x509.SubjectKeyIdentifierExtension.create(publicKey);
    case 'authorityKeyIdentifier':
      return x509.AuthorityKeyIdentifierExtension.create(issuerPublicKey);
    case 'crlDistributionPoint':
      return new x509.CRLDistributionPointsExtension([extension.url]);
    case 'serverAuth':
      return new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]);
    case 'subjectAltName':
      return new x509.SubjectAlternativeNameExtension([
        ...extension.hostNames.map((value) => ({ type: 'dns' as const, value })),
        ...extension.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
      ]);
  }
}

function encodePublicKey(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
}

async function importSigner(privateKey: KeyObject, curve: Curve): Promise<webcrypto.CryptoKey> {
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  try {
    const algorithm = { name: 'ECDSA', namedCurve: curve };
    return await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  } finally {
    pkcs8.fill(0);
  }
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
