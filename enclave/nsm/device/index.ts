export { NSM_DEVICE, type NsmDeviceOptions, openNsmDevice } from './open.ts';
