export { type Api, type BrokerApiOptions, startBrokerApi } from './broker-api.ts';
export { createPrometheusMetrics, type PrometheusMetricsOptions } from './metrics.ts';
export type { MetricsText } from './metrics-route.ts';
export { type ParentApiOptions, startParentApi } from './parent-api.ts';
