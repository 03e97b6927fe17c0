// What can tests do to a cluster that is theirs alone, below the API: end containers and sandboxes, compact etcd, …
import type { ImageArchive } from "../images/archives.ts";
import { makeTokenKey, pkiDirectory } from "./certificates.ts";
import { kubernetesDirectory } from "./kubernetes_build.ts";
import type { ClusterState } from "./cluster_state.ts";
import { layoutOf } from "./cluster_state.ts";
import { Daemons } from "./daemons.ts";
import { importImage } from "./image_import.ts";
import { type Kubectl, kubectlFor } from "./kubectl.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { command } from "./run_command.ts";

/** A pod by name. */
export interface PodName {
  readonly namespace: string;
  readonly pod: string;
}

/** The machine side of a cluster. */
export class NodeAccess {
  /** etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd-nodeN, kubelet-nodeN. */
  readonly daemons: Daemons;
  readonly layout: Layout;
  readonly kubectl: Kubectl;

  private constructor(daemons: Daemons, kubectl: Kubectl) {
    this.daemons = daemons;
    this.layout = layoutOf(daemons.state);
    this.kubectl = kubectl;
  }

  /** The access to a cluster that runs. */
  static async to(state: ClusterState): Promise<NodeAccess> {
    const kubectl = kubectlFor(`${await kubernetesDirectory()}/kubectl`, {
      kubeconfig: layoutOf(state).kubeconfig,
    });
    return new NodeAccess(new Daemons(state), kubectl);
  }

  /** Imports an image archive on every node. */
  async importImage(archive: ImageArchive): Promise<void> {
    await importImage(this.layout.nodes, archive);
  }

  /** SIGKILLs the main process of a container, past the API. */
  async killContainer(target: PodName & { readonly container: string }): Promise<void> {
    await this.signalContainer(target, "SIGKILL");
  }

  /** Sends its main process a signal, past the API: SIGSTOP and SIGCONT freeze it and let it go on. */
  async signalContainer(
    target: PodName & { readonly container: string },
    signal: "SIGKILL" | "SIGSTOP" | "SIGCONT",
  ): Promise<void> {
    const { node, uid } = await this.#locate(target);
    const filters = [
      `labels."io.kubernetes.pod.uid"==${uid}`,
      `labels."io.kubernetes.container.name"==${target.container}`,
    ];
    await this.#signalTask(node, { filters, signal });
  }

  /** SIGKILLs the sandbox of a pod: it gets a new network namespace and mostly a new IP, under the same uid. */
  async killSandbox(target: PodName): Promise<void> {
    const { node, uid } = await this.#locate(target);
    const filters = [`labels."io.kubernetes.pod.uid"==${uid}`, `labels."io.cri-containerd.kind"==sandbox`];
    await this.#signalTask(node, { filters, signal: "SIGKILL" });
  }

  /** Compacts etcd up to now. For a real 410, restart the API server too: its watch cache still has the history. */
  async compactEtcd(): Promise<void> {
    const { header } = await this.#etcd("kv/range", { key: btoa("/registry/none") });
    await this.#etcd("kv/compaction", { revision: header.revision, physical: true });
  }

  /** The pod network's address management goes round; makes it give this address, if it is free, to the next pod. */
  async nextPodIp(nodeName: string, ip: string): Promise<void> {
    const node = this.layout.nodes.find(({ name }) => name === nodeName);
    if (!node) throw new Error(`Cannot choose a pod IP: there is no node "${nodeName}"`);
    const octets = ip.split(".").map(Number);
    const before = [...octets.slice(0, 3), (octets[3] ?? 0) - 1].join(".");
    await Deno.writeTextFile(`${node.directory}/ipam/${this.layout.name}/last_reserved_ip.0`, before);
  }

  /** A new key for signing service account tokens: once the API server is restarted, every older token is refused. */
  async replaceTokenKey(): Promise<void> {
    await makeTokenKey(pkiDirectory(this.layout));
  }

  async #etcd(path: string, body: unknown): Promise<{ readonly header: { readonly revision: string } }> {
    const response = await fetch(`${this.layout.etcd}/v3/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`Cannot ask etcd for ${path}: ${response.status} ${await response.text()}`);
    }
    return await response.json();
  }

  async #locate({ namespace, pod }: PodName): Promise<{ readonly node: NodeLayout; readonly uid: string }> {
    const where = await this.kubectl([
      ...["get", "pod", pod, "-n", namespace, "-o", "jsonpath={.spec.nodeName} {.metadata.uid}"],
    ]);
    const [name = "", uid = ""] = where.split(" ");
    const node = this.layout.nodes.find((candidate) => candidate.name === name);
    if (!node) throw new Error(`Cannot find pod ${namespace}/${pod} on a node: it is on "${name}"`);
    return { node, uid };
  }

  async #signalTask(
    node: NodeLayout,
    { filters, signal }: { readonly filters: readonly string[]; readonly signal: Deno.Signal },
  ): Promise<void> {
    const ctr = ["ctr", "--address", node.containerdSocket, "--namespace", "k8s.io"];
    const ids = await command("list containers", [
      ...ctr,
      "containers",
      "list",
      "--quiet",
      filters.join(","),
    ]);
    const tasks = await command("list tasks", [...ctr, "tasks", "list"]);
    const running = ids.split("\n").filter((id) =>
      id && new RegExp(`^${id}\\s+\\d+\\s+RUNNING`, "m").test(tasks)
    );
    const [id] = running;
    if (id === undefined) {
      throw new Error(`Cannot send the container ${signal}: none runs with ${filters.join(" and ")}`);
    }
    await command(`send the container ${signal}`, [...ctr, "tasks", "kill", "--signal", signal, id]);
  }
}
