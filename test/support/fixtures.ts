import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fixture, INDEX_FILE, parseFixtureIndex } from '../../cli/fixtures/index-file.ts';
import { replayDocument, replayEnvelope } from '../../cli/fixtures/replay.ts';
import { type CryptoEngine, parseTrustAnchor } from '../../shared/attestation/index.ts';

/** A folder of fixtures, read at once. */
export interface FixtureFolder {
  readonly fixtures: readonly Fixture[];
  /** Every file beside the index and the README. */
  readonly files: readonly string[];
  read(file: string): Uint8Array;
  /** What a replay finds; undefined where the fixture has no document, or no envelope. */
  replay(
    fixture: Fixture,
    engine: CryptoEngine,
  ): Promise<{ readonly document: unknown; readonly envelope: unknown }>;
}

export const fixturesRoot = join(import.meta.dirname, '..', '..', 'fixtures');

export function openFixtureFolder(directory: string): FixtureFolder {
  const read = (file: string) => new Uint8Array(readFileSync(join(directory, file)));
  const { fixtures, policies } = parseFixtureIndex(new TextDecoder().decode(read(INDEX_FILE)));
  return {
    fixtures,
    files: readdirSync(directory).filter((file) => file !== INDEX_FILE && file !== 'README.md'),
    read,
    async replay({ document, envelope }, engine) {
      const policy = document && policies[document.policy];
      if (document && !policy) throw new Error(`there is no policy ${document.policy}`);
      return {
        document:
          policy &&
          (await replayDocument({
            engine,
            trustAnchors: document.trustAnchors.map((file) => parseTrustAnchor(read(file))),
            document: read(document.file),
            clock: document.clock,
            policy,
          })),
        envelope:
          envelope &&
          replayEnvelope(
            read(envelope.file),
            envelope.privateKey === undefined ? undefined : read(envelope.privateKey),
          ),
      };
    },
  };
}
