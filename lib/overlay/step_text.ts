// What does a step do, in words for the log.
import { floodMac, ruleWords } from "./iproute2/render.ts";
import type { RouteStep, Step } from "./step.ts";
import { quoted } from "../text/quoted.ts";

/** What a step does: "create interface vxeth0 (VNI 100 on eth0): it does not exist". */
export function describe(step: Step): string {
  switch (step.kind) {
    case "delete-link":
      return `delete interface ${step.interfaceName}: ${step.why}`;
    case "add-link":
      return `create interface ${step.interfaceName} (VNI ${step.vni} on ${step.underlay}, port ${step.port}): ${step.why}${
        lossOf(step)
      }`;
    case "set-alias":
      return `mark interface ${step.interfaceName} as ours`;
    case "name-link":
      return step.up
        ? `mark interface ${step.interfaceName} as ours, give it its name and bring it up`
        : `mark interface ${step.interfaceName} as ours and give it its name`;
    case "set-underlay":
      return `move interface ${step.interfaceName} to device ${step.underlay}`;
    case "set-mtu":
      return `set MTU of ${step.interfaceName} to ${step.mtu}`;
    case "set-mac":
      return `set MAC address of ${step.interfaceName} to ${step.mac}`;
    case "set-up":
      return `bring interface ${step.interfaceName} up`;
    case "add-address":
      return `add address ${step.cidr} to ${step.interfaceName}`;
    case "delete-address":
      return `remove address ${step.cidr} from ${step.interfaceName}`;
    case "add-route":
      return `add ${routePhrase(step)} on ${step.interfaceName ?? "no device"}`;
    case "delete-route":
      return `remove ${routePhrase(step)} from ${step.interfaceName ?? "no device"}`;
    case "add-rule":
      return `add rule ${step.rule.priority} of IPv${step.rule.family}: ${ruleWords(step.rule)}`;
    case "delete-rule":
      return `remove rule ${step.rule.priority} of IPv${step.rule.family}: ${step.rule.says}`;
    case "append-fdb":
      return `add peer ${step.dst} to ${step.interfaceName}`;
    case "delete-fdb":
      return step.mac === floodMac
        ? `remove peer ${step.dst} from ${step.interfaceName}`
        : `remove entry ${step.mac} of ${step.dst} from ${step.interfaceName}`;
    case "replace-fdb":
      return `send frames for ${step.mac} to ${step.dst} on ${step.interfaceName}`;
    case "set-neighbour":
      return `set neighbour ${step.address} (${step.mac}) on ${step.interfaceName}`;
    case "forget-neighbour":
      return `forget ${step.address ?? "all neighbours"} on ${step.interfaceName}`;
    case "set-ready":
      return "mark the pod as ready";
    default:
      return unknownStep(step);
  }
}

function routePhrase({ type, subnet, gateway, table }: RouteStep): string {
  const via = gateway === undefined ? "" : ` via ${gateway}`;
  return `${type === undefined ? "" : `${type} `}route ${subnet}${via}${
    table === undefined ? "" : ` in table ${table}`
  }`;
}

function unknownStep(step: never): never {
  throw new Error(`Cannot describe a step: ${JSON.stringify(step)} is none`);
}

/** Interfaces, and phrases about one interface, at most; the others are counted. */
const longest = 10;

/** "west: created (VNI 101 on eth0), address 192.168.11.2/29 added, 3 peers added; east: 1 peer removed". */
export function changeSummary(steps: readonly Step[]): string {
  const devices = [...new Set(steps.map(deviceOf))];
  const told = devices.slice(0, longest).map((device) => {
    const phrases = phrasesOf(steps.filter((step) => deviceOf(step) === device));
    const more = phrases.length > longest ? [`${phrases.length - longest} more changes`] : [];
    return `${device}: ${[...phrases.slice(0, longest), ...more].join(", ")}`;
  });
  const more = devices.length > longest ? [`and ${devices.length - longest} more interfaces`] : [];
  return [...told, ...more].join("; ");
}

/** The interface that a step is about; a word for what is about none. */
export function deviceOf(step: Step): string {
  switch (step.kind) {
    case "set-ready":
      return "lo";
    case "add-rule":
    case "delete-rule":
      return "rules";
    default:
      return step.interfaceName ?? "routes";
  }
}

/** What was done to one interface. What goes without saying of a new one is not said. */
function phrasesOf(steps: readonly Step[]): readonly string[] {
  const created = steps.find((step) => step.kind === "add-link");
  const deleted = steps.find((step) => step.kind === "delete-link");
  return [
    ...linkPhrase({ created, deleted }),
    ...steps.flatMap((step) => changePhrase(step, { isNew: created !== undefined })),
    ...peerPhrases(steps),
  ];
}

function linkPhrase(
  { created, deleted }: {
    readonly created: Step & { readonly kind: "add-link" } | undefined;
    readonly deleted: Step & { readonly kind: "delete-link" } | undefined;
  },
): readonly string[] {
  if (created === undefined) return deleted === undefined ? [] : [`deleted (${deleted.why})`];
  const shape = `VNI ${created.vni} on ${created.underlay}`;
  const done = deleted === undefined ? `created (${shape})` : `replaced (${shape}): ${deleted.why}`;
  return [`${done}${lossOf(created)}`];
}

function lossOf({ noPortOf }: Step & { readonly kind: "add-link" }): string {
  return noPortOf === undefined ? "" : `; it is no port of ${quoted(noPortOf)} any more`;
}

function changePhrase(step: Step, { isNew }: { readonly isNew: boolean }): readonly string[] {
  switch (step.kind) {
    case "set-alias":
      return ["adopted"];
    case "set-up":
      return isNew ? [] : ["brought up"];
    case "set-underlay":
      return [`moved to ${step.underlay}`];
    case "set-mtu":
      return [`MTU set to ${step.mtu}`];
    case "set-mac":
      return [`MAC address set to ${step.mac}`];
    case "add-address":
      return [`address ${step.cidr} added`];
    case "delete-address":
      return [`address ${step.cidr} removed`];
    case "add-route":
      return [`${routePhrase(step)} added`];
    case "delete-route":
      return [`route ${step.subnet} removed`];
    case "add-rule":
      return [`${ruleWords(step.rule)} added`];
    case "delete-rule":
      return [`${step.rule.says} removed`];
    case "set-ready":
      return ["marked as ready"];
    case "add-link":
    case "name-link":
    case "delete-link":
    case "append-fdb":
    case "replace-fdb":
    case "delete-fdb":
    case "set-neighbour":
    case "forget-neighbour":
      return [];
    default:
      return step satisfies never;
  }
}

function peerPhrases(steps: readonly Step[]): readonly string[] {
  const added = steps.filter((step) => step.kind === "append-fdb").length;
  const removed = new Set(steps.flatMap((step) => step.kind === "delete-fdb" ? [step.dst] : [])).size;
  const set = steps.filter((step) => step.kind === "set-neighbour").length;
  const forgotten = steps.filter((step) => step.kind === "forget-neighbour").length;
  return [
    ...(added > 0 ? [`${added} peer${added === 1 ? "" : "s"} added`] : []),
    ...(removed > 0 ? [`${removed} peer${removed === 1 ? "" : "s"} removed`] : []),
    ...(set > 0 ? [`${set} neighbour${set === 1 ? "" : "s"} set`] : []),
    ...(forgotten > 0 ? [`${forgotten} neighbour${forgotten === 1 ? "" : "s"} forgotten`] : []),
  ];
}
