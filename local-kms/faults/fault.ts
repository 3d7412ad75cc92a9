import { z } from 'zod';

const MAX_LATENCY_MS = 600_000;
const MAX_OFFSET_SECONDS = 315_360_000;

const selection = {
  /** The operation that it befalls; every one unless said otherwise. */
  operation: z
    .string()
    .regex(/^(?:\*|[A-Za-z]{1,64})$/)
    .default('*'),
  /** It befalls each call of so many. */
  every: z.int().min(1).max(1_000_000).default(1),
  /** After so many times it is over. */
  count: z.int().min(1).max(1_000_000).optional(),
};

export const fault = z.discriminatedUnion('kind', [
  /** ThrottlingException. */
  z.strictObject({ kind: z.literal('throttle'), ...selection }),
  /** The answer comes so much later. */
  z.strictObject({
    kind: z.literal('latency'),
    milliseconds: z.int().min(1).max(MAX_LATENCY_MS),
    ...selection,
  }),
  /** KMSInternalException with that HTTP status. */
  z.strictObject({
    kind: z.literal('error'),
    status: z.int().min(500).max(599).default(500),
    ...selection,
  }),
  /** The connection ends: before the call is carried out, or after it, in place of the answer. */
  z.strictObject({
    kind: z.literal('drop'),
    when: z.enum(['before', 'after']).default('before'),
    ...selection,
  }),
  /** The server's clock, for the call, is so far ahead; behind, if negative. */
  z.strictObject({
    kind: z.literal('clock'),
    offsetSeconds: z.number().min(-MAX_OFFSET_SECONDS).max(MAX_OFFSET_SECONDS),
    ...selection,
  }),
]);

export const faultList = z.array(fault).max(1000);

/** Something that goes wrong on demand, for a test of whoever calls. */
export type Fault = z.infer<typeof fault>;
/** As it is written: what has a default may be left out. */
export type FaultInput = z.input<typeof fault>;
