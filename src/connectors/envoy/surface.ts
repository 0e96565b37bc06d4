import { bindTool, type Tool } from '../../kernel/tool.ts';
import type { Gateway } from './gateway.ts';
import { gatewayCompareVersions } from './tools/gateway-compare-versions.ts';
import { gatewayGetStatus } from './tools/gateway-get-status.ts';
import { gatewayListRoutes } from './tools/gateway-list-routes.ts';
import { gatewayRollback } from './tools/gateway-rollback.ts';
import { gatewaySetWeights } from './tools/gateway-set-weights.ts';
import { gatewayValidate } from './tools/gateway-validate.ts';

/** Tools about a control plane and its proxies, in the order in which they are used. */
export function gatewayTools(gateway: Gateway): Tool[] {
  return [
    bindTool(gatewayGetStatus, { gateway }),
    bindTool(gatewayListRoutes, { gateway }),
    bindTool(gatewayCompareVersions, { gateway }),
    bindTool(gatewayValidate, { gateway }),
    bindTool(gatewaySetWeights, { gateway }),
    bindTool(gatewayRollback, { gateway }),
  ];
}
