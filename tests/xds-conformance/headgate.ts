import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeMessage } from '../../src/control-plane/descriptors/message-json.ts';
import { problemsError } from '../../src/control-plane/problem.ts';
import { type Resource, resourceType } from '../../src/control-plane/resource.ts';
import { createXdsServer } from '../../src/control-plane/server/create-xds-server.ts';
import { fetchResources } from '../../src/control-plane/server/fetch-resources.ts';
import { SnapshotChecks } from '../../src/control-plane/snapshot/check-snapshot.ts';
import {
  EMPTY_SNAPSHOT,
  type Snapshot,
  type SnapshotChange,
  withChange,
} from '../../src/control-plane/snapshot/snapshot.ts';
import type { Sample } from './sample-resources.ts';
import { GROUP, type RecordedRefusal, type ServerKind, type ServerUnderTest } from './server-under-test.ts';

/** Headgate's xDS server, in this process. `checked` are the checks that its control plane makes before it publishes. */
export const HEADGATE: ServerKind = {
  name: 'Headgate',
  async start({ checked }) {
    const refusals: RecordedRefusal[] = [];
    const snapshots = new Map<string, Snapshot>();
    const checks = new SnapshotChecks();
    const xds = createXdsServer({
      clock: Date.now,
      groupOf: (node) => node.cluster,
      onRefused: ({ node }, refusal) => refusals.push({ ...refusal, node: node.id }),
      report: () => undefined,
    });
    const { port } = await xds.listen({ host: '127.0.0.1', port: 0, tls: null });

    const publish = (next: Snapshot, change: SnapshotChange, group: string) => {
      if (checked) {
        const problems = checks.check(next, change).filter(({ severity }) => severity === 'error');
        if (problems.length > 0) throw problemsError(problems);
        checks.commit(next, change);
      }
      snapshots.set(group, next);
      xds.publish(group, next);
    };
    const apply: ServerUnderTest['apply'] = async ({ changed = [], removed = [] }, group = GROUP) => {
      const change = { changed: changed.map(resourceOf), removed };
      publish(withChange(snapshots.get(group) ?? EMPTY_SNAPSHOT, change), change, group);
    };
    return {
      port,
      apply,
      async fetch(collection, request) {
        const answer = fetchResources(snapshots.get(GROUP) ?? EMPTY_SNAPSHOT, {
          typeUrl: resourceType(collection)?.typeUrl ?? '',
          names: (request.resource_names as string[] | undefined) ?? [],
          version: (request.version_info as string | undefined) ?? '',
        });
        if (answer === 'unchanged') return { status: 304, body: null };
        const resources = answer.resources.map(({ typeUrl, body }) => decodeMessage(messageOf(typeUrl), body));
        return { status: 200, body: { version_info: answer.version, resources } };
      },
      refusals: () => refusals,
      heapBytes: async () => {
        collectGarbage();
        return process.memoryUsage().heapUsed;
      },
      stop: () => xds.close(),
    };
  },
};

function resourceOf({ typeUrl, name, body, references, ttlMs }: Sample): Resource {
  const version = createHash('sha256').update(body).update(String(ttlMs)).digest('base64url').slice(0, 16);
  return { typeUrl, name, version, body, references, binds: [], ttlMs, warmsByHealthCheck: false };
}

function messageOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.indexOf('/') + 1);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
