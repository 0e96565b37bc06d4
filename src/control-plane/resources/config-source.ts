/** Where proxies take what a resource refers to: from the stream that the resource came by. */
export const ADS_SOURCE = { ads: {}, resource_api_version: 'V3' } as const;

/** A reference to a secret that is served by SDS, as `SdsSecretConfig`. */
export function sdsSecret(name: string): Record<string, unknown> {
  return { name, sds_config: ADS_SOURCE };
}
