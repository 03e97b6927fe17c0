// What is everything of one test cluster called, and where is it? Names, addresses and paths, and nothing else.

/** One node: a network namespace with its own containerd and kubelet. */
export interface NodeLayout {
  readonly name: string;
  readonly namespace: string;
  /** Address of the node on the bridge that joins the nodes. */
  readonly address: string;
  readonly podSubnet: string;
  /** The same of IPv6, on a cluster with both families. */
  readonly ipv6?: { readonly address: string; readonly podSubnet: string };
  readonly directory: string;
  readonly containerdSocket: string;
  /** Below the mount point of every cgroup hierarchy. */
  readonly cgroup: string;
}

/** One cluster. Two clusters differ in `name` and `managementSubnet`, all else is apart by namespaces. */
export interface Layout {
  /** Prefix of everything that the machine can see: namespaces, links, cgroups, directory. At most 8 characters. */
  readonly name: string;
  readonly directory: string;
  /** The namespace that holds only the bridge between the nodes. */
  readonly underlayNamespace: string;
  /** The link by which this machine reaches the API server. */
  readonly managementLink: string;
  readonly managementAddress: { readonly here: string; readonly there: string };
  readonly apiServer: { readonly management: string; readonly node: string; readonly service: string };
  readonly etcd: string;
  readonly cgroup: string;
  readonly nodes: readonly NodeLayout[];
  readonly kubeconfig: string;
  readonly stateFile: string;
}

/** The cluster that `deno task cluster` keeps. Those of test runs are called `kvct` and something. */
export const peoplesClusterName = "kvct";

/** Where all clusters keep their files: on disk, because images are unpacked there and /run may be small or noexec. */
export const clustersDirectory = "/var/tmp";

/** The name of the cluster of one test run. */
export function testClusterName(pid: number): string {
  return `${peoplesClusterName}${pid.toString(36)}`;
}

/** The layout of a cluster. `management` (0..255) is a free number, so that clusters do not share a subnet on the host. */
export function layout(
  name: string,
  options: { readonly nodes: number; readonly management: number; readonly dualStack?: boolean },
): Layout {
  const directory = `${clustersDirectory}/${name}`;
  const there = `10.253.${options.management}.2`;
  const address = (node: number): string => `10.252.0.${10 + node}`;
  return {
    name,
    directory,
    underlayNamespace: `${name}-net`,
    managementLink: `${name}-mgmt`,
    managementAddress: { here: `10.253.${options.management}.1`, there },
    apiServer: {
      management: `https://${there}:6443`,
      node: `https://${address(1)}:6443`,
      service: "10.96.0.1",
    },
    etcd: `http://${there}:2379`,
    cgroup: name,
    nodes: Array.from({ length: options.nodes }, (_, index) => node(index + 1)),
    kubeconfig: `${directory}/kubeconfig`,
    stateFile: `${directory}/cluster.json`,
  };

  function node(number: number): NodeLayout {
    return {
      name: `node${number}`,
      namespace: `${name}-node${number}`,
      address: address(number),
      podSubnet: `10.243.${number}.0/24`,
      ...(options.dualStack &&
        { ipv6: { address: `fd00:252::${10 + number}`, podSubnet: `fd00:243:0:${number}::/64` } }),
      directory: `${directory}/node${number}`,
      containerdSocket: `${directory}/node${number}/containerd.sock`,
      cgroup: `${name}/node${number}`,
    };
  }
}
