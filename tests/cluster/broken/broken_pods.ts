// Twelve ways in which a pod does not come into its network, and for each the one command that names the cause.
// The table stands in docs/troubleshooting.md; tests/cluster/broken_pods_test.ts makes the pods on a real cluster.
import { agentImageName } from "../../images/image_names.ts";

/** A way to be broken. */
export interface BrokenPod {
  /** What is wrong, as the document says it. */
  readonly wrong: string;
  readonly name: string;
  /** Keys are annotations; the usual one when only a text is given. */
  readonly networks: string | Readonly<Record<string, string>>;
  /** What is other in its spec than in that of a pod that is well. */
  readonly spec?: (well: PodSpec) => object;
  /** The command; POD stands for NAMESPACE/NAME. */
  readonly command: "inspect POD" | "check pod POD";
  /** Words of its output that name the cause. The document shows them. */
  readonly says: string;
}

/** A spec with a native sidecar as its agent. */
export interface PodSpec {
  readonly initContainers: readonly [AgentSpec];
  readonly containers: readonly object[];
  readonly [more: string]: unknown;
}

interface AgentSpec {
  readonly securityContext: object;
  readonly [more: string]: unknown;
}

/** The pod that the policy of the test allows no exec into. */
export const noExec = "exec-denied";
/** The pod whose node lets none of its packets of the network out. */
export const blocked = "blocked";
/** An address that two have, and the one who has it besides. */
export const twice = { name: "first-of-two", address: "10.66.0.66/24" };
/** A member whom the blocked one asks for. */
export const peer = { name: "peer", address: "10.66.0.2/24" };
/** The network of those two: no other member is to disturb what is told of it. */
export const blockedNetwork = "quiet id=661";

export const brokenPods: readonly BrokenPod[] = [
  {
    wrong: "an option that cannot be read",
    name: "wrong-option",
    networks: "vxeth0 mtu=huge",
    command: "inspect POD",
    says: 'Cannot read "mtu=huge" of network',
  },
  {
    wrong: "a network without an id",
    name: "missing-id",
    networks: "nosuch",
    command: "inspect POD",
    says: 'Cannot give the pod network "nosuch": it has no id',
  },
  {
    wrong: "the annotation is misspelt",
    name: "misspelt",
    networks: { "vxlan.travelping.com/network": "vxeth0" },
    command: "inspect POD",
    says: 'rename its annotation "vxlan.travelping.com/network"',
  },
  {
    wrong: "the agent lacks NET_ADMIN",
    name: "no-net-admin",
    networks: "vxeth0",
    spec: withAgent({ securityContext: {} }),
    command: "inspect POD",
    says: "lacks the capability NET_ADMIN",
  },
  {
    wrong: "the pod is in its node's network",
    name: "host-network",
    networks: "vxeth0",
    spec: (well) => ({ ...well, hostNetwork: true }),
    command: "inspect POD",
    says: "it has hostNetwork: true",
  },
  {
    wrong: "`dev` names a device that the pod does not have",
    name: "wrong-dev",
    networks: "vxeth0 dev=eth7",
    command: "inspect POD",
    says: 'on device "eth7": no such device in the pod',
  },
  {
    wrong: "the agent's image cannot be pulled",
    name: "no-image",
    networks: "vxeth0",
    spec: withAgent({ image: "localhost/nosuch:1" }),
    command: "inspect POD",
    says: "ImagePull",
  },
  {
    wrong: "exec into the agent is denied",
    name: noExec,
    networks: "vxeth0",
    command: "inspect POD",
    says: "denied request: nobody may exec into this pod",
  },
  {
    wrong: "the MTU is larger than the pod network allows",
    name: "large-mtu",
    networks: "vxeth0 mtu=9000",
    command: "inspect POD",
    says: "Set mtu to at most",
  },
  {
    wrong: "UDP of the network is blocked on the way",
    name: blocked,
    networks: `${blockedNetwork} ip=10.66.0.1/24`,
    command: "check pod POD",
    says: "UDP port 8472 does not pass between the nodes",
  },
  {
    wrong: "the gateway is not there",
    name: "no-gateway",
    networks: "vxeth0 ip=10.66.1.1/24 route=10.67.0.0/16:10.66.1.254",
    command: "inspect POD",
    says: "leads over 10.66.1.254, which no other member of network vxeth0 has been given",
  },
  {
    wrong: "two members have one address",
    name: "second-of-two",
    networks: `vxeth1 ip=${twice.address}`,
    command: "inspect POD",
    says: "Cannot rely on address 10.66.0.66",
  },
];

/** Those that belong to it and are well by themselves. */
export const companions = [
  { name: peer.name, networks: `${blockedNetwork} ip=${peer.address}` },
  { name: twice.name, networks: `vxeth1 ip=${twice.address}` },
];

function withAgent(other: object): (well: PodSpec) => object {
  return (well) => ({ ...well, initContainers: [{ ...well.initContainers[0], ...other }] });
}

/** The manifest of a pod. `node`: where it is to run. */
export function manifestOf(
  { name, networks, spec = (well) => well }: Pick<BrokenPod, "name" | "networks" | "spec">,
  { namespace, node }: { readonly namespace: string; readonly node?: string },
): object {
  const annotations = typeof networks === "string" ? { "vxlan.travelping.com/networks": networks } : networks;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels: { "vxlan.travelping.com": "true" }, annotations },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...node === undefined ? {} : { nodeName: node },
      ...spec(wellSpec),
    },
  };
}

const wellSpec: PodSpec = {
  initContainers: [{
    name: "vxlan-controller-agent",
    image: agentImageName,
    imagePullPolicy: "IfNotPresent",
    restartPolicy: "Always",
    securityContext: { runAsUser: 0, capabilities: { add: ["NET_ADMIN"] } },
    startupProbe: {
      exec: { command: ["grep", "-qx", "kube-vxlan-controller:ready", "/sys/class/net/lo/ifalias"] },
      periodSeconds: 2,
      failureThreshold: 100_000,
    },
  }],
  containers: [{ name: "app", image: agentImageName, imagePullPolicy: "IfNotPresent" }],
};

/** The rows as the document has them. */
export function tableLines(): readonly string[] {
  return brokenPods.map(({ wrong, command, says }) => `| ${wrong} | \`${command}\` | \`${says}\` |`);
}
