import { join } from 'node:path';
import { capture } from './child.mjs';
import { installation } from './pinned-node.mjs';

/** Whether the script of the reports is what web/report gives. Resolves to `{ ok, output }`. */
export async function checkReportView(node) {
  const { code, output } = await capture(node, [join('web', 'report', 'build.mjs'), '--check'], { cwd: installation });
  return { ok: code === 0, output };
}

/** Whether docs/reference is what the definitions give. Resolves to `{ ok, output }`. */
export async function checkReference(node) {
  const { code, output } = await capture(node, [join('bin', 'generate-reference.mjs'), '--check'], {
    cwd: installation,
  });
  return { ok: code === 0, output };
}

/** Whether docs/control-plane-api.md is what the operations of the API give. Resolves to `{ ok, output }`. */
export async function checkControlPlaneApi(node) {
  const { code, output } = await capture(node, [join('bin', 'generate-control-plane-api.mjs'), '--check'], {
    cwd: installation,
  });
  return { ok: code === 0, output };
}
