import { errorFields, type Logger } from '../shared/log.ts';
import { createNsmClient, type NsmClient } from '../shared/nsm/index.ts';
import { checkWallClock, createTrustedClock, type TrustedClock } from './clock.ts';
import type { EnclaveConfig } from './config.ts';
import { openNsm } from './nsm/index.ts';
import { checkOwnDocument } from './own-document.ts';
import type { Platform } from './platform/index.ts';
import type { Readiness } from './readiness.ts';

/** What everything else in the enclave stands on. */
export interface Foundation {
  readonly nsm: NsmClient;
  readonly clock: TrustedClock;
  /** @throws {ReadinessError} READY_CLOCK */
  compareClocks(): Promise<void>;
}

/**
 * Brings up what an enclave has without its parent, and checks it: loopback, the secure module and
 * its document, time, randomness. None of them comes later by itself, so a failure is final.
 *
 * @param onOpen - is told how to let go of what was opened, failure or not.
 * @throws {NsmError} NSM_*
 * @throws {ConfigError} PKI_*, SOFTWARE_NSM_OPTION
 * @throws {ReadinessError} READY_LOOPBACK, READY_DOCUMENT, READY_DEBUG_PCRS, READY_CLOCK,
 *   READY_ENTROPY
 */
export async function layFoundation(options: {
  readonly config: Pick<EnclaveConfig, 'profile' | 'nsm' | 'kms'>;
  readonly readiness: Pick<Readiness, 'require'>;
  readonly platform: Platform;
  readonly logger: Logger;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly onOpen: (close: () => void) => void;
}): Promise<Foundation> {
  const { config, readiness, platform, logger, now, monotonic } = options;
  const production = config.profile === 'production';

  await readiness.require('loopback', () => platform.ensureLoopback());

  const module = await openNsm(config.nsm, { region: config.kms.region, now });
  options.onOpen(() => module.close());
  const nsm = createNsmClient(module);
  const debug = production ? 'refused' : 'allowed';
  await readiness.require('document', () => checkOwnDocument(nsm, { debug }));

  const clock = await createTrustedClock({ nsm, monotonic });
  const compareClocks = async (): Promise<void> => {
    logger.info('clock', { offsetMs: checkWallClock(clock, now) });
  };
  await readiness.require('clock', compareClocks);

  await readiness.require('entropy', async () => {
    try {
      await platform.checkEntropySource();
    } catch (error) {
      if (production) throw error;
      logger.warn('entropy', errorFields(error));
    }
  });
  return { nsm, clock, compareClocks };
}
