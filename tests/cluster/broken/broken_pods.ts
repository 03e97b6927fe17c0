// Ways in which a pod does not come into its network, and for each the one command that names the cause.
// The table stands in docs/troubleshooting.md; tests/cluster/broken_pods_test.ts makes the pods on a real cluster.
import { agentImageName, pauseImageName } from "../../images/image_names.ts";

/** A way to be broken. */
export interface BrokenPod {
  /** What is wrong, as the document says it. */
  readonly wrong: string;
  readonly name: string;
  /** Keys are annotations; the usual one when only a text is given. */
  readonly networks: string | Readonly<Record<string, string>>;
  /** What is other in its spec than in that of a pod that is well. */
  readonly spec?: (well: PodSpec) => object;
  /** It is deleted and cannot go. */
  readonly finalizer?: string;
  /** The command; POD stands for NAMESPACE/NAME. */
  readonly command: "inspect POD" | "check pod POD" | "status -A";
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

/** A port of a node that one pod has, and another wants. */
export const hostPort = { port: 18080, node: "node1" };
/** A Deployment in a namespace that allows no agent. */
export const refused = { name: "refused", namespace: "broken-strict" };

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
  {
    wrong: "no node takes the pod",
    name: "no-node",
    networks: "vxeth0",
    spec: (well) => ({ ...well, nodeSelector: { "example.org/nosuch": "true" } }),
    command: "inspect POD",
    says: "no node takes it: 0/",
  },
  {
    wrong: "its `hostPort` is another pod's",
    name: "port-taken",
    networks: "vxeth0",
    spec: (well) => ({
      ...withHostPort(well),
      nodeSelector: { "kubernetes.io/hostname": hostPort.node },
    }),
    command: "inspect POD",
    says: "didn't have free ports",
  },
  {
    wrong: "its scheduler does not run, and its network has no id",
    name: "two-faults",
    networks: "nosuch",
    spec: (well) => ({ ...well, schedulerName: "nosuch" }),
    command: "inspect POD",
    says: 'its schedulerName is "nosuch"',
  },
  {
    wrong: "an init container before the agent waits",
    name: "waits-before",
    networks: "vxeth0",
    spec: withFirst({}),
    command: "inspect POD",
    says: 'init container "first" runs, and the containers after it wait for it',
  },
  {
    wrong: "an init container before the agent crashes",
    name: "crashes-before",
    networks: "vxeth0",
    spec: withFirst({ command: ["ip", "nosuch"] }),
    command: "inspect POD",
    says: "ended with exit status",
  },
  {
    wrong: "a Secret of the agent is not there",
    name: "no-secret",
    networks: "vxeth0",
    spec: withAgent({ envFrom: [{ secretRef: { name: "nosuch" } }] }),
    command: "inspect POD",
    says: 'CreateContainerConfigError: secret "nosuch" not found',
  },
  {
    wrong: "a volume cannot be mounted",
    name: "no-volume",
    networks: "vxeth0",
    spec: (well) => ({
      ...withAgent({ volumeMounts: [{ name: "files", mountPath: "/files" }] })(well),
      volumes: [{ name: "files", configMap: { name: "nosuch" } }],
    }),
    command: "inspect POD",
    says: 'configmap "nosuch" not found',
  },
  {
    wrong: "the agent's command is wrong",
    name: "wrong-command",
    networks: "vxeth0",
    spec: withAgent({ command: ["nosuch"] }),
    command: "inspect POD",
    says: "executable file not found",
  },
  {
    wrong: "the agent's image has no `ip`",
    name: "no-tools",
    networks: "vxeth0",
    spec: withAgent({ image: pauseImageName, startupProbe: undefined }),
    command: "inspect POD",
    says: "its image needs ip, bridge and kill",
  },
  {
    wrong: "the pod was deleted, and a finalizer keeps it",
    name: "kept",
    networks: "vxeth0",
    finalizer: "example.org/keep",
    command: "inspect POD",
    says: "stays until its finalizers are taken off (example.org/keep)",
  },
  {
    wrong: "Pod Security refuses the pods of a Deployment",
    name: refused.name,
    networks: "vxeth0",
    command: "status -A",
    says: 'violates PodSecurity "restricted:latest"',
  },
];

/** Those that belong to it and are well by themselves. */
export const companions:
  readonly (Pick<BrokenPod, "name" | "networks" | "spec"> & { readonly node?: string })[] = [
    { name: "has-port", networks: "vxeth0", spec: withHostPort, node: hostPort.node },
    { name: peer.name, networks: `${blockedNetwork} ip=${peer.address}` },
    { name: twice.name, networks: `vxeth1 ip=${twice.address}` },
  ];

function withAgent(other: object): (well: PodSpec) => object {
  return (well) => ({ ...well, initContainers: [{ ...well.initContainers[0], ...other }] });
}

/** A container before the agent that never ends, or does otherwise. */
function withFirst(other: object): (well: PodSpec) => object {
  return (well) => {
    const [agent] = well.initContainers;
    return { ...well, initContainers: [{ name: "first", image: agent["image"], ...other }, agent] };
  };
}

function withHostPort(well: PodSpec): object {
  const [app] = well.containers;
  return { ...well, containers: [{ ...app, ports: [{ containerPort: 8080, hostPort: hostPort.port }] }] };
}

/** A Deployment of such pods. */
export function deploymentOf(pod: BrokenPod, place: { readonly namespace: string }): object {
  const { metadata, spec } = manifestOf(pod, place);
  const labels = { ...metadata.labels, app: pod.name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: pod.name, namespace: place.namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: pod.name } },
      template: { metadata: { labels, annotations: metadata.annotations }, spec },
    },
  };
}

interface PodManifest {
  readonly metadata: { readonly labels: object; readonly annotations: object };
  readonly spec: object;
}

/** The manifest of a pod. `node`: where it is to run. */
export function manifestOf(
  { name, networks, spec = (well) => well, finalizer }: Omit<BrokenPod, "wrong" | "command" | "says">,
  { namespace, node }: { readonly namespace: string; readonly node?: string },
): PodManifest {
  const annotations = typeof networks === "string" ? { "vxlan.travelping.com/networks": networks } : networks;
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: {
      ...{ namespace, name, labels: { "vxlan.travelping.com": "true" }, annotations },
      ...finalizer === undefined ? {} : { finalizers: [finalizer] },
    },
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
