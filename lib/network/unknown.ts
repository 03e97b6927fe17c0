// Why has a network no id for this pod: what its key is like, or which one was meant; and is that harmless to one that has it?
import { admits } from "./access_rules.ts";
import { type ClusterNetworks, isRemoved } from "./cluster_networks.ts";
import { parseNetworkName } from "./grammar/names.ts";
import { similarNames } from "./grammar/similar_names.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import type { Network } from "./network.ts";
import { configMapText } from "./problem.ts";
import type { ResolveFault } from "./settle.ts";

/** What stands around the pod that asks. */
interface Unknown {
  readonly cluster: ClusterNetworks;
  readonly namespace: string;
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly restrictPods: boolean;
  /** The pod has it as it is asked for, but for the id. */
  readonly isHarmless: boolean;
  /** Whether anybody is told: what was meant costs more than all the rest. */
  readonly isSaid: boolean;
}

/** Said only when the pod may have the network: one that is forbidden has no id for this pod either. */
export function unknownFaults(
  network: string,
  context: Unknown & { readonly faults: readonly ResolveFault[] },
): readonly ResolveFault[] {
  if (context.faults.some((fault) => fault.kind === "forbidden")) return [];
  const own = context.restrictPods ? "" : ", or write id=… behind its name in the annotation";
  const reason = `it has no id: ${whyUnknown(network, context)}${own}`;
  return [{ kind: "unknown-network", reason, isHarmless: context.isHarmless }];
}

/** Whether a pod has a network as the texts say; what they leave out nobody can tell once its key gives no id. */
export function isAsSaid(
  last: Network,
  { options, said }: { readonly options: OptionSet; readonly said: Network },
): boolean {
  return Object.keys(options).every((option) => {
    const field = fieldOf[option] ?? option;
    return valueIn(said, field) === valueIn(last, field);
  });
}

/** Where a network has an option under another name. */
const fieldOf: Readonly<Record<string, keyof Network>> = {
  name: "interfaceName",
  dev: "underlay",
  dstport: "port",
  ip: "addresses",
  route: "routes",
  gateway: "routes",
  peer: "outside",
};

/** In whatever order. */
function valueIn(network: Network, field: string): string {
  const [, value] = Object.entries(network).find(([name]) => name === field) ?? [];
  return JSON.stringify(
    Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value ?? null,
  );
}

function whyUnknown(network: string, context: Unknown): string {
  const where = configMapText(context.configMap);
  const entry = context.cluster.networks.get(network);
  if (entry?.state === "unreadable") {
    return `key ${network} of ${where} cannot be read (status says why); mend it`;
  }
  if (entry !== undefined && !isRemoved(entry)) {
    return `key ${network} of ${where} gives none; add id=… there`;
  }
  const meant = context.isSaid ? similarKey(network, context) : undefined;
  const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return `${where} has no key ${network}${hint}; add one with id=…`;
}

/** One of those that the pod may have, which differs by a letter: names that differ by a number are meant so. */
function similarKey(network: string, { cluster: { networks }, namespace }: Unknown): string | undefined {
  const digits = (name: string): string => name.replaceAll(/[^0-9]/g, "");
  return similarNames(network, readableNames(networks)).find((name) => {
    const entry = networks.get(name);
    const { namespaces } = entry?.options ?? {};
    const isOpen = namespaces === undefined || admits(namespaces, namespace);
    return !isRemoved(entry) && isOpen && digits(name) === digits(network);
  });
}

/** Keys that a pod can ask for, once for all that ask. */
function readableNames(networks: ClusterNetworks["networks"]): readonly string[] {
  const known = namesRead.get(networks);
  const names = known ?? [...networks.keys()].filter((name) => parseNetworkName(name).kind === "value");
  namesRead.set(networks, names);
  return names;
}

const namesRead = new WeakMap<ClusterNetworks["networks"], readonly string[]>();
