import type { DocumentKind } from '../index.ts';

export interface RegisterMeaning {
  readonly name: string;
  readonly meaning: string;
}

const ENCLAVE: Readonly<Record<number, RegisterMeaning>> = {
  0: { name: 'Image', meaning: 'The whole enclave image: kernel, command line and all ramdisks.' },
  1: {
    name: 'Kernel and boot',
    meaning: 'Kernel, command line and boot ramdisk. Many unrelated enclaves share it.',
  },
  2: { name: 'Application', meaning: 'The application ramdisks, without kernel and boot.' },
  3: {
    name: 'Role',
    meaning: 'The IAM role of the parent instance. All zero where the instance has none.',
  },
  4: {
    name: 'Parent instance',
    meaning: 'The id of the parent instance. Another one with every instance.',
  },
  8: {
    name: 'Signer',
    meaning: 'The certificate that signed the image. All zero where it is not signed.',
  },
};

/** TCG PC Client Platform Firmware Profile, and what Linux and systemd add to it. */
const NITROTPM: Readonly<Record<number, RegisterMeaning>> = {
  0: { name: 'Firmware', meaning: 'The firmware code of the instance.' },
  1: { name: 'Firmware configuration', meaning: 'What the firmware was configured with.' },
  2: { name: 'Option ROMs', meaning: 'Drivers that the firmware loaded.' },
  3: { name: 'Option ROM configuration', meaning: 'What those drivers were configured with.' },
  4: {
    name: 'Boot application',
    meaning: 'What the firmware started: boot loader or unified kernel image.',
  },
  5: { name: 'Boot configuration', meaning: 'Partition table and boot loader configuration.' },
  6: { name: 'Platform', meaning: 'Events of the host platform.' },
  7: { name: 'Secure boot', meaning: 'Secure boot state, keys and the authorities used.' },
  8: { name: 'Command line', meaning: 'What a boot loader such as GRUB was told.' },
  9: { name: 'Files', meaning: 'Files that the boot loader read, the initrd among them.' },
  10: { name: 'IMA', meaning: 'Files that the kernel measured, in the order of their use.' },
  11: { name: 'Unified kernel image', meaning: 'The sections of a unified kernel image.' },
  12: {
    name: 'Overrides',
    meaning: 'Command line and configuration from outside the image. Zero where there was none.',
  },
  13: { name: 'System extensions', meaning: 'Extension images for the initrd.' },
  14: { name: 'Machine owner keys', meaning: 'Keys and hashes that shim was given.' },
  15: { name: 'System identity', meaning: 'Machine id, file systems and volume keys.' },
  16: { name: 'Debug', meaning: 'For debugging. It can be reset.' },
  23: { name: 'Application support', meaning: 'For applications. It can be reset.' },
};

/** What a register says. The two kinds give the same index different meanings. */
export function meaningOfRegister(kind: DocumentKind, index: number): RegisterMeaning {
  if (kind === 'enclave') {
    if (index > 15) return { name: 'Application', meaning: 'Extended and locked by the enclave.' };
    return ENCLAVE[index] ?? { name: 'Reserved', meaning: 'Not used by AWS.' };
  }
  return (
    NITROTPM[index] ?? { name: 'Dynamic launch', meaning: 'For a dynamic root of trust; not used.' }
  );
}
