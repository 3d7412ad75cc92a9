import { equalBytes } from '../encoding.ts';
import { KEY_USAGE } from './certificate.ts';
import { type Finding, falsified, type Rule } from './check.ts';
import { formatName } from './distinguished-name.ts';
import { type CertificatePath, nameInPath } from './path-certificate.ts';

const OID_ECDSA_WITH_SHA384 = '1.2.840.10045.4.3.3';
/** basicConstraints and keyUsage: the critical extensions that these rules act on. */
const KNOWN_CRITICAL_EXTENSIONS: ReadonlySet<string> = new Set(['2.5.29.19', '2.5.29.15']);

/** What holds of the parsed certificates at any time. */
export const pathRules: readonly Rule<CertificatePath>[] = [
  { id: 'path.algorithms', check: checkAlgorithms },
  { id: 'path.extensions', check: checkExtensions },
  { id: 'path.names', check: checkNames },
  { id: 'path.basic_constraints', check: checkBasicConstraints },
  { id: 'path.path_length', check: checkPathLengths },
  { id: 'path.key_usage', check: checkKeyUsages },
];

function checkAlgorithms(path: CertificatePath): Finding {
  const expected = 'ecdsa-with-SHA384';
  for (const [index, { certificate }] of path.entries()) {
    // RFC 5758 section 3.2: the parameters are absent.
    if (certificate.signatureParameters) {
      throw falsified('PATH_ALGORITHM', {
        expected: `${expected} without parameters`,
        actual: `${certificate.signatureAlgorithm} with parameters`,
        message: `The signature algorithm of the ${nameInPath(index, path.length)} certificate has parameters.`,
      });
    }
    if (certificate.signatureAlgorithm !== OID_ECDSA_WITH_SHA384) {
      throw falsified('PATH_ALGORITHM', {
        expected,
        actual: certificate.signatureAlgorithm,
        message: `The ${nameInPath(index, path.length)} certificate is signed with another algorithm.`,
      });
    }
  }
  return {
    expected,
    actual: expected,
    message: 'Every certificate is signed with ECDSA and SHA-384.',
  };
}

function checkExtensions(path: CertificatePath): Finding {
  const expected = 'no critical extension but basicConstraints and keyUsage';
  for (const [index, { certificate }] of path.entries()) {
    const unknown = certificate.criticalExtensions.find(
      (oid) => !KNOWN_CRITICAL_EXTENSIONS.has(oid),
    );
    if (unknown !== undefined) {
      throw falsified('PATH_CRITICAL_EXTENSION', {
        expected,
        actual: unknown,
        message: `The ${nameInPath(index, path.length)} certificate has a critical extension that this verifier does not know.`,
      });
    }
  }
  return { expected, actual: 'none', message: 'No certificate asks for rules unknown here.' };
}

function checkNames(path: CertificatePath): Finding {
  for (const [index, { certificate }] of path.entries()) {
    const issuer = path[index - 1]?.certificate ?? certificate;
    if (!equalBytes(certificate.issuer, issuer.subject)) {
      throw falsified('PATH_NAME', {
        expected: formatName(issuer.subject),
        actual: formatName(certificate.issuer),
        message: `The ${nameInPath(index, path.length)} certificate names another issuer than the certificate above it.`,
      });
    }
  }
  return {
    expected: 'every issuer name to be the subject name above it',
    actual: `${path.length} names in order`,
    message: 'Every certificate names the one above it as its issuer.',
  };
}

function checkBasicConstraints(path: CertificatePath): Finding {
  const expected = 'CA for every issuer, not CA for the leaf';
  for (const [index, { certificate }] of path.entries()) {
    const leaf = index === path.length - 1;
    const { basicConstraints } = certificate;
    const holds = leaf
      ? basicConstraints?.ca !== true && basicConstraints?.pathLength === undefined
      : basicConstraints?.ca === true;
    if (!holds) {
      throw falsified('PATH_BASIC_CONSTRAINTS', {
        expected,
        actual: `${nameInPath(index, path.length)}: ${basicConstraints?.ca ? 'CA' : 'not CA'}`,
        message: leaf
          ? 'The leaf certificate could issue certificates itself.'
          : `The ${nameInPath(index, path.length)} certificate is not allowed to issue certificates.`,
      });
    }
  }
  return { expected, actual: expected, message: 'Issuers are CAs, and the leaf is not.' };
}

/** RFC 5280 section 4.2.1.9: pathLen counts the intermediates below, the leaf not included. */
function checkPathLengths(path: CertificatePath): Finding {
  for (const [index, { certificate }] of path.entries()) {
    const below = path.length - 2 - index;
    const pathLength = certificate.basicConstraints?.pathLength;
    if (pathLength !== undefined && below > pathLength) {
      throw falsified('PATH_PATH_LENGTH', {
        expected: `at most ${pathLength} intermediates below`,
        actual: `${below}`,
        message: `More certificates stand below the ${nameInPath(index, path.length)} certificate than it allows.`,
      });
    }
  }
  return {
    expected: 'no pathLen exceeded',
    actual: path
      .map(({ certificate }) => certificate.basicConstraints?.pathLength ?? '-')
      .join(' '),
    message: 'No certificate stands deeper than those above it allow.',
  };
}

function checkKeyUsages(path: CertificatePath): Finding {
  for (const [index, { certificate }] of path.entries()) {
    const leaf = index === path.length - 1;
    const needed = leaf ? 'digitalSignature' : 'keyCertSign';
    if (((certificate.keyUsage ?? 0) & KEY_USAGE[needed]) === 0) {
      throw falsified('PATH_KEY_USAGE', {
        expected: needed,
        actual: certificate.keyUsage === undefined ? 'no keyUsage' : 'keyUsage without it',
        message: `The key of the ${nameInPath(index, path.length)} certificate may not be used for ${needed}.`,
      });
    }
  }
  const expected = 'keyCertSign for every issuer, digitalSignature for the leaf';
  return { expected, actual: expected, message: 'Every key is used for what it may be used for.' };
}
