import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** Written by bin/generate-envoy-descriptors.mjs. Its version is the newest Envoy whose fields are known. */
const DESCRIPTORS = new URL('./envoy.binpb.gz', import.meta.url);

let loaded: FileRegistry | undefined;

/** Every message of Envoy's v3 API and its extensions. Read at first need, once: some 90 ms. */
export function envoyRegistry(): FileRegistry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, gunzipSync(readFileSync(DESCRIPTORS))));
  return loaded;
}
