import { z } from 'zod';
import { HttpUrl, Name, Port, Secret, Text } from './config-scalars.ts';

/** Certificates of a port of the control plane, PEM files. `client_ca`: clients need a certificate that it signed. */
const ControlPlaneTls = z.strictObject({ certificate: Text, key: Text, client_ca: Text.optional() });

const ControlPlanePort = z.strictObject({
  host: Text.optional(),
  port: Port.optional(),
  tls: ControlPlaneTls.optional(),
});

/** What `headgate control-plane` serves. */
export const ControlPlane = z.strictObject({
  /** The desired state, watched; without one it is changed over REST alone. */
  file: Text.optional(),
  /** `exclusive`: the file is the whole state, REST only reads. `merge`: REST may change what the file does not say. */
  file_policy: z.enum(['exclusive', 'merge']).optional(),
  /** Where proxies take their configuration from, gRPC. */
  xds: ControlPlanePort.optional(),
  /** REST. */
  api: ControlPlanePort.optional(),
  /** `rollback`: a version that a proxy refuses gives way to the last one that every proxy acknowledged. */
  on_nack: z.enum(['record', 'rollback']).optional(),
  /** Versions that were replaced, and the audit of changes, are kept so long. */
  retention_days: z.int().min(1).max(36_500).optional(),
});

/** A host name or an address, without a port. */
const HostAddress = z
  .string()
  .regex(
    /^([A-Za-z0-9][A-Za-z0-9.-]{0,252}|(?=.*:.*:)[0-9A-Fa-f:.]+)$/,
    'must be a host name or an address, without a port',
  );

/** A control plane that runs: what `headgate cp`, the gateway tools and registering servers reach. */
export const Gateway = z.strictObject({
  /** Of its REST API. */
  url: HttpUrl.optional(),
  token: Secret.optional(),
  /** PEM file of certificate authorities to trust besides the system's. */
  ca: Text.optional(),
  /** The certificate of this client, PEM files, where the API asks for one. */
  tls: z.strictObject({ certificate: Text, key: Text }).optional(),
  timeout_s: z.number().positive().max(3600).optional(),
  /** `headgate serve` becomes an endpoint of this cluster while it runs. */
  register: z
    .strictObject({
      cluster: Name,
      /** Where proxies reach this server; the address that it listens on when absent. */
      address: HostAddress.optional(),
      /** As `address`: another port than its own, behind a mapping of ports. */
      port: z.int().min(1).max(65_535).optional(),
      region: Text.optional(),
      zone: Text.optional(),
      weight: z.int().min(1).max(1_000_000).optional(),
    })
    .optional(),
});
