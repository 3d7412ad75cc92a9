export { type Endpoint, type EndpointOptions, startEndpoint } from './endpoint.ts';
