import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import {
  type Curve,
  createPrivateKeyOn,
  curveOf,
  type KeyedCertificate,
  pairCertificate,
} from './certificate.ts';
import { certifyNsmRoot } from './nsm-chain.ts';
import { encodeCertificatePem, encodePrivateKeyPem } from './pem.ts';
import { certifyTlsCa } from './tls.ts';

export interface DevelopmentAuthorityOptions {
  /** Made if it is missing, for its owner only. */
  readonly directory: string;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Reads the development NSM root from `nsm-root.pem` and `nsm-root-key.pem`, and makes both first
 * where there are none.
 *
 * Processes that start at once agree on one root. The key file is readable by its owner only.
 *
 * @throws {ConfigError} PKI_*
 */
export function loadOrCreateDevelopmentNsmRoot(
  options: DevelopmentAuthorityOptions,
): Promise<KeyedCertificate> {
  return loadOrCreateAuthority({
    ...options,
    certificateFile: 'nsm-root.pem',
    keyFile: 'nsm-root-key.pem',
    curve: 'P-384',
    certify: certifyNsmRoot,
  });
}

/**
 * Reads the development TLS authority from `tls-ca.pem` and `tls-ca-key.pem`, and makes both first
 * where there are none, as {@link loadOrCreateDevelopmentNsmRoot} does.
 *
 * @throws {ConfigError} PKI_*
 */
export function loadOrCreateDevelopmentTlsCa(
  options: DevelopmentAuthorityOptions,
): Promise<KeyedCertificate> {
  return loadOrCreateAuthority({
    ...options,
    certificateFile: 'tls-ca.pem',
    keyFile: 'tls-ca-key.pem',
    curve: 'P-256',
    certify: certifyTlsCa,
  });
}

interface AuthorityOptions extends DevelopmentAuthorityOptions {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly curve: Curve;
  readonly certify: (privateKey: KeyObject, issuedAt: number) => Promise<KeyedCertificate>;
}

/**
 * Each file is published once, by link(2), and the certificate is always made for the key that is
 * in the file. So whoever comes second, or after a crash between the two, continues with what is
 * there.
 */
async function loadOrCreateAuthority(options: AuthorityOptions): Promise<KeyedCertificate> {
  const { directory, curve, now } = options;
  const certificatePath = join(directory, options.certificateFile);
  const keyPath = join(directory, options.keyFile);
  // The certificate is read first: where it is there, its key was published before it.
  const certificatePem = await readIfPresent(certificatePath);
  const keyPem = await readIfPresent(keyPath);
  if (certificatePem !== undefined && keyPem === undefined) {
    throw new ConfigError('PKI_KEY_MISSING', `${certificatePath} is there, ${keyPath} is not`);
  }
  const privateKey = parseKey(
    keyPem ?? (await publish(keyPath, encodePrivateKeyPem(await createPrivateKeyOn(curve)), 0o600)),
    curve,
    keyPath,
  );
  const certificate = parseCertificate(
    certificatePem ?? (await publishCertificate(options, certificatePath, privateKey)),
    certificatePath,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigError('PKI_KEY_MISMATCH', `${keyPath} is not the key of ${certificatePath}`);
  }
  const authority = pairCertificate(new Uint8Array(certificate.raw), privateKey);
  const time = now();
  if (time < authority.notBefore || time > authority.notAfter) {
    throw new ConfigError('PKI_NOT_VALID_NOW', `${certificatePath} is not valid now: remove it`, {
      details: { notBefore: authority.notBefore, notAfter: authority.notAfter, now: time },
    });
  }
  return authority;
}

async function publishCertificate(
  options: AuthorityOptions,
  path: string,
  privateKey: KeyObject,
): Promise<string> {
  const { certificate } = await options.certify(privateKey, options.now());
  return publish(path, encodeCertificatePem(certificate), 0o644);
}

function parseKey(pem: string, curve: Curve, path: string): KeyObject {
  const key = tryTo(() => createPrivateKey(pem));
  if (key === undefined || curveOf(key) !== curve) {
    throw new ConfigError('PKI_DAMAGED', `expected a private key on ${curve} in ${path}`);
  }
  return key;
}

function parseCertificate(pem: string, path: string): X509Certificate {
  const certificate = tryTo(() => new X509Certificate(pem));
  if (!certificate?.ca || !tryTo(() => certificate.verify(certificate.publicKey))) {
    throw new ConfigError('PKI_DAMAGED', `expected a self-signed CA certificate in ${path}`);
  }
  return certificate;
}

/** What OpenSSL says about an unreadable key or certificate helps nobody, and may quote it. */
function tryTo<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(path, error);
  }
}

/** Puts a whole file there unless there is one, and answers what is there then. */
async function publish(path: string, text: string, mode: number): Promise<string> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    // Whoever makes the directory decides on its mode, and private keys lie in it.
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    await writeFile(temporary, text, { mode, flag: 'wx', flush: true });
    await link(temporary, path).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(path, error);
  } finally {
    // Best effort: where it cannot be removed, it was not written, or the error above says more.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function fileError(path: string, error: unknown): ConfigError {
  const reason = systemCode(error) ?? 'unknown';
  return new ConfigError('PKI_FILE', `${path} cannot be read or written (${reason})`, {
    details: { path, reason },
  });
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
