export { NSM_DEVICE, type NsmDeviceOptions, openNsmDevice } from './device/index.ts';
export { type NsmConfig, openNsm } from './open.ts';
