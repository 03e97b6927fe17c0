// How are etcd, the API server, the controller manager and the scheduler started? All in the first node's namespace.
import { pkiDirectory } from "./certificates.ts";
import type { Layout } from "./layout.ts";
import type { DaemonSpec } from "./process_record.ts";

/** What every daemon needs to know. */
export interface DaemonContext {
  readonly cluster: Layout;
  /** Directory with the programs of Kubernetes. */
  readonly programs: string;
  /** For a daemon the files through which it enters its cgroup. */
  readonly cgroupFiles: (daemon: string) => readonly string[];
}

/** etcd; its data is worth nothing, so nothing waits for the disk. */
export function etcd(context: DaemonContext): DaemonSpec {
  const { cluster } = context;
  return onFirstNode(context, "etcd", [
    `--data-dir=${cluster.directory}/etcd`,
    // Also on the management link, so that tests can compact it.
    `--listen-client-urls=http://127.0.0.1:2379,${cluster.etcd}`,
    `--advertise-client-urls=${cluster.etcd}`,
    "--unsafe-no-fsync",
  ]);
}

/** The API server. */
export function apiServer(context: DaemonContext): DaemonSpec {
  const { cluster } = context;
  const pki = pkiDirectory(cluster);
  return onFirstNode(context, "kube-apiserver", [
    "--etcd-servers=http://127.0.0.1:2379",
    "--secure-port=6443",
    "--bind-address=0.0.0.0",
    `--advertise-address=${cluster.nodes[0]?.address}`,
    `--service-cluster-ip-range=10.96.0.0/16${cluster.nodes[0]?.ipv6 ? ",fd00:96::/108" : ""}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    `--service-account-key-file=${pki}/tokens.pub`,
    `--service-account-signing-key-file=${pki}/tokens.key`,
    "--service-account-issuer=https://kubernetes.default.svc",
    // A token lives as long as its pod asked for, not a year, so that tests can see it rotate.
    "--service-account-extend-token-expiration=false",
    `--kubelet-client-certificate=${pki}/apiserver-kubelet.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet.key`,
    "--kubelet-preferred-address-types=InternalIP",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    "--max-requests-inflight=2000",
    "--max-mutating-requests-inflight=1000",
  ]);
}

/** The controller manager. */
export function controllerManager(context: DaemonContext): DaemonSpec {
  const pki = pkiDirectory(context.cluster);
  return onFirstNode(context, "kube-controller-manager", [
    `--kubeconfig=${componentKubeconfig(context.cluster, "controller-manager")}`,
    `--service-account-private-key-file=${pki}/tokens.key`,
    `--root-ca-file=${pki}/ca.crt`,
    "--use-service-account-credentials",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ]);
}

/** The scheduler. */
export function scheduler(context: DaemonContext): DaemonSpec {
  return onFirstNode(context, "kube-scheduler", [
    `--kubeconfig=${componentKubeconfig(context.cluster, "scheduler")}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ]);
}

/** The kubeconfig of a component, by the name of its certificate. */
export function componentKubeconfig(cluster: Layout, subject: string): string {
  return `${cluster.directory}/pki/${subject}.kubeconfig`;
}

function onFirstNode(context: DaemonContext, program: string, flags: readonly string[]): DaemonSpec {
  const [first] = context.cluster.nodes;
  if (!first) throw new Error("Cannot start a test cluster: it has no nodes");
  return {
    name: program,
    argv: [`${context.programs}/${program}`, ...flags],
    namespace: first.namespace,
    cgroupFiles: context.cgroupFiles(program),
    log: `${context.cluster.directory}/logs/${program}.log`,
  };
}
