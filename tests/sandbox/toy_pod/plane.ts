// How does a pod get a network without a kernel? The toy namespaces behind the same interface as the real ones.
import type { DataPlane, PodNetwork, PodSandbox } from "../kubelet/data_plane.ts";
import { createToyNamespace, type ToyNamespace } from "../toy/kernel.ts";
import { ToyPod } from "./pod.ts";

/** Starts a toy machine; `why` says for people why it is not a real one. */
export function startToy(why: string): DataPlane {
  return new ToyPlane(`toy kernel in memory (${why})`);
}

/** One pod's namespace with what the machine itself knows of it. */
export interface ToyHost {
  readonly namespace: ToyNamespace;
  readonly network: PodNetwork;
}

class ToyPlane implements DataPlane {
  readonly kind = "toy";
  readonly description: string;
  readonly #pods = new Set<ToyPod>();
  #count = 0;

  constructor(description: string) {
    this.description = description;
  }

  createPod(network: PodNetwork): Promise<PodSandbox> {
    const number = ++this.#count;
    const mac = `02:00:0a:00:${hex(number >> 8)}:${hex(number)}`;
    const namespace = createToyNamespace({ eth0: { mac, mtu: 1500, addresses: network.addresses } });
    const pod: ToyPod = new ToyPod({ namespace, network }, {
      others: () => [...this.#pods].map((one) => one.host),
      onRemove: () => this.#pods.delete(pod),
    });
    this.#pods.add(pod);
    return Promise.resolve(pod);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pods].map((pod) => pod.remove()));
  }
}

function hex(number: number): string {
  return (number & 0xff).toString(16).padStart(2, "0");
}
