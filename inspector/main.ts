import { createNobleEngine } from '../shared/attestation/index.ts';
import { startInspector } from './inspector.ts';

startInspector({ engine: createNobleEngine(), now: Date.now });
