/** The control plane: a desired state in a few lines, checked, kept with its history, and served to Envoys over xDS. */
export { type Api, type ApiParts, createApi } from './api/create-api.ts';
export { type ControlPlaneMetrics, createControlPlaneMetrics } from './api/metrics.ts';
export { OPERATIONS as API_OPERATIONS } from './api/operations.ts';
export { renderApiReference } from './api/reference-page.ts';
export { buildBootstrap } from './bootstrap/build-bootstrap.ts';
export { buildStatic } from './bootstrap/build-static.ts';
export { renderYaml } from './bootstrap/render-yaml.ts';
export type { Author, ControlPlane } from './control-plane.ts';
export { type CompiledFile, compileFile, staticResources } from './desired-state-file/compile-file.ts';
export {
  type FileStatus,
  type WatchedFile,
  type WatchParts,
  watchDesiredState,
} from './desired-state-file/watch-desired-state.ts';
export {
  createRegistrations,
  type RegistrationParts,
  type RunningRegistrations,
} from './endpoints/create-registrations.ts';
export type { Registration, Registrations } from './endpoints/registrations.ts';
export {
  type ControlPlaneParts,
  createControlPlane,
  type Publishing,
  type XdsHooks,
} from './history/create-control-plane.ts';
export type { StateFile } from './history/desired-state-owner.ts';
export type { EditableControlPlane } from './history/edit.ts';
export type { Problem } from './problem.ts';
export type { ProxyNode, ProxyStatus, Refusal } from './proxy.ts';
export type { BuiltResource, Resource } from './resource.ts';
export { createXdsServer } from './server/create-xds-server.ts';
export type { ServerTls, XdsServer, XdsServerParts } from './server/xds-server.ts';
export { SnapshotChecks } from './snapshot/check-snapshot.ts';
export { encodeResource } from './snapshot/encode-resource.ts';
export { EMPTY_SNAPSHOT, type Snapshot, type SnapshotChange, withChange } from './snapshot/snapshot.ts';
