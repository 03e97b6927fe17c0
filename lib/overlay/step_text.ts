// What does a step do, in words for the log.
import { floodMac } from "./iproute2/render.ts";
import type { Step } from "./step.ts";

/** What a step does: "create interface vxeth0 (VNI 100 on eth0): it does not exist". */
export function describe(step: Step): string {
  switch (step.kind) {
    case "delete-link":
      return `delete interface ${step.dev}: ${step.why}`;
    case "add-link":
      return `create interface ${step.name} (VNI ${step.vni} on ${step.dev}, port ${step.port}): ${step.why}`;
    case "set-alias":
      return `mark interface ${step.dev} as ours`;
    case "set-underlay":
      return `move interface ${step.dev} to device ${step.underlay}`;
    case "set-mtu":
      return `set MTU of ${step.dev} to ${step.mtu}`;
    case "set-mac":
      return `set MAC address of ${step.dev} to ${step.mac}`;
    case "set-up":
      return `bring interface ${step.dev} up`;
    case "add-address":
      return `add address ${step.cidr} to ${step.dev}`;
    case "delete-address":
      return `remove address ${step.cidr} from ${step.dev}`;
    case "add-route":
      return `add route ${step.subnet} via ${step.gateway} on ${step.dev}`;
    case "delete-route":
      return `remove route ${step.subnet}${
        step.gateway === undefined ? "" : ` via ${step.gateway}`
      } from ${step.dev}`;
    case "append-fdb":
      return `add peer ${step.dst} to ${step.dev}`;
    case "delete-fdb":
      return step.mac === floodMac
        ? `remove peer ${step.dst} from ${step.dev}`
        : `remove entry ${step.mac} of ${step.dst} from ${step.dev}`;
    case "set-ready":
      return "mark the pod as ready";
    default:
      return unknownStep(step);
  }
}

function unknownStep(step: never): never {
  throw new Error(`Cannot describe a step: ${JSON.stringify(step)} is none`);
}
