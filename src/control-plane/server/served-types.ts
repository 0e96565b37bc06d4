import { resourceType } from '../resource.ts';

function typeUrlOf(name: string): string {
  const type = resourceType(name);
  if (type === undefined) throw new Error(`No type ${name} is served.`);
  return type.typeUrl;
}

/** Type URLs that the order of delivery is about. */
export const CLUSTERS = typeUrlOf('clusters');
export const ENDPOINTS = typeUrlOf('endpoints');
export const SECRETS = typeUrlOf('secrets');
export const EXTENSION_CONFIGS = typeUrlOf('extension_configs');
export const LISTENERS = typeUrlOf('listeners');
export const ROUTES = typeUrlOf('routes');
