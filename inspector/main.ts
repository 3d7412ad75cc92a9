import { createNobleEngine } from '../shared/attestation/portable.ts';
import { startInspector } from './inspector.ts';

startInspector({ engine: createNobleEngine(), now: Date.now });
