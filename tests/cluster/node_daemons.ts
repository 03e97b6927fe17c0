// How are containerd and the kubelet of one node configured and started?
import { pauseImageName } from "../images/image_names.ts";
import { pkiDirectory } from "./certificates.ts";
import { componentKubeconfig, type DaemonContext } from "./control_plane.ts";
import type { NodeLayout } from "./layout.ts";
import type { DaemonSpec } from "./process_record.ts";

/** A node's daemon: whose, and how containers' files are stacked. */
export interface NodeDaemonOptions extends DaemonContext {
  readonly node: NodeLayout;
}

/** Writes the configuration of the pod network and containerd, and gives the daemon. */
export async function containerd(
  options: NodeDaemonOptions & { readonly snapshotter: string },
): Promise<DaemonSpec> {
  const { node } = options;
  await Deno.mkdir(`${node.directory}/cni`, { recursive: true });
  await Deno.writeTextFile(`${node.directory}/cni/10-pods.conflist`, podNetwork(options));
  await Deno.writeTextFile(`${node.directory}/containerd.toml`, containerdConfig(options));
  return daemon(options, {
    program: "containerd",
    argv: ["containerd", "-c", `${node.directory}/containerd.toml`],
  });
}

/** Writes the kubelet's configuration and gives the daemon. It must not start before containerd answers. */
export async function kubelet(options: NodeDaemonOptions): Promise<DaemonSpec> {
  const { node, programs, cluster } = options;
  await Deno.writeTextFile(`${node.directory}/kubelet.json`, JSON.stringify(kubeletConfig(options), null, 2));
  return daemon(options, {
    program: "kubelet",
    argv: [
      `${programs}/kubelet`,
      `--config=${node.directory}/kubelet.json`,
      `--kubeconfig=${componentKubeconfig(cluster, node.name)}`,
      `--root-dir=${node.directory}/kubelet`,
      `--hostname-override=${node.name}`,
      // Its cAdvisor looks for containerd at the usual place only, and without it counts no pod's network.
      `--containerd=${node.containerdSocket}`,
      `--node-ip=${[node.address, ...(node.ipv6 ? [node.ipv6.address] : [])].join(",")}`,
    ],
  });
}

function daemon(
  { node, cluster, cgroupFiles }: NodeDaemonOptions,
  { program, argv }: { readonly program: string; readonly argv: readonly string[] },
): DaemonSpec {
  const name = `${program}-${node.name}`;
  const log = `${cluster.directory}/logs/${name}.log`;
  return { name, argv, namespace: node.namespace, cgroupFiles: cgroupFiles(name), log };
}

function podNetwork({ node, cluster }: NodeDaemonOptions): string {
  return JSON.stringify({
    cniVersion: "0.4.0",
    // The plugins keep files in /var/lib/cni under this name; the teardown finds them by it.
    name: cluster.name,
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: `${node.directory}/ipam`,
          ranges: [[{ subnet: node.podSubnet }], ...(node.ipv6 ? [[{ subnet: node.ipv6.podSubnet }]] : [])],
          routes: [{ dst: "0.0.0.0/0" }, ...(node.ipv6 ? [{ dst: "::/0" }] : [])],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
      // On an ordinary node the host forwards, and the namespaces of pods take that over from it: gateways forward.
      { type: "tuning", sysctl: { "net.ipv4.ip_forward": "1" } },
    ],
  });
}

function containerdConfig(
  { node, snapshotter }: { readonly node: NodeLayout; readonly snapshotter: string },
): string {
  return `version = 2
root = "${node.directory}/containerd"
state = "${node.directory}/run"
[grpc]
  address = "${node.containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  # Imported, never pulled.
  sandbox_image = "${pauseImageName}"
  # Without CAP_SYS_RESOURCE a score cannot be lowered, and every container would fail to start.
  restrict_oom_score_adj = true
  # Namespaces of pods are mounted below our directory and not in /run/netns, where other clusters have theirs.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${node.directory}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${snapshotter}"
`;
}

function kubeletConfig({ node, cluster }: NodeDaemonOptions): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "0.0.0.0",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: `${pkiDirectory(cluster)}/ca.crt` },
    },
    authorization: { mode: "AlwaysAllow" },
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${node.cgroup}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    containerRuntimeEndpoint: `unix://${node.containerdSocket}`,
    podLogsDir: `${node.directory}/podlogs`,
    resolvConf: "",
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    maxPods: 250,
    port: 10250,
    healthzPort: 0,
    readOnlyPort: 0,
    // A full disk or little memory of the developer's machine is not what these tests are about.
    evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    registryPullQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
    eventRecordQPS: 100,
  };
}
