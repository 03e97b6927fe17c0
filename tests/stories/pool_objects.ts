// The objects with the pools in the sandbox, and the law of addresses over objects, kernels and pods.
import assert from "node:assert/strict";
import { poolObjects } from "../../lib/pools/pool_object.ts";
import { readTable } from "../../lib/pools/table_text.ts";
import { type AddressWorld, brokenAtRest, type KernelAddress } from "../pools/address_law.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { agentImage, annotationKey, label, podSpec } from "../member/member_pod.ts";
import { poolsName, type Stage } from "./stage.ts";

/** Creates the objects as the manifests do: empty. */
export function makePools(stage: Pick<Stage, "sandbox">, name = poolsName): void {
  for (let at = 0; at < poolObjects; at++) stage.sandbox.apply(JSON.stringify(emptyObject(`${name}-${at}`)));
}

function emptyObject(name: string): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "kube-system" } };
}

/** What all objects say: network → text of its table. */
export function poolTexts(stage: Pick<Stage, "sandbox">): ReadonlyMap<string, string> {
  const objects = stage.sandbox.store.list(configMaps).filter(({ metadata }) =>
    metadata.name.startsWith(`${poolsName}-`)
  );
  return new Map(
    objects.flatMap((object) => Object.entries(object["data"] ?? {}))
      .filter((entry): entry is [string, string] =>
        !entry[0].startsWith("_") && typeof entry[1] === "string"
      ),
  );
}

/** Holder → addresses of a network, as the object says. */
export function held(stage: Stage, network: string): ReadonlyMap<string, readonly string[]> {
  const read = readTable(poolTexts(stage).get(network) ?? "");
  assert.equal(read.kind, "table", JSON.stringify(read));
  if (read.kind !== "table") return new Map();
  return new Map(
    [...read.table.held].map(([holder, { addresses }]) => [holder, addresses.map(({ address }) => address)]),
  );
}

/** A pod of a StatefulSet, which the sandbox has none of. */
export function statefulPod(stage: Stage, name: string, networks: string): void {
  stage.sandbox.apply(JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      labels: { [label]: "true" },
      annotations: { [annotationKey]: networks },
      ownerReferences: [{
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        name: "db",
        uid: "set",
        controller: true,
      }],
    },
    spec: podSpec("classic", agentImage),
  }));
}

/** Addresses of an interface of a pod, without link-local ones; none while nothing runs in it. */
export async function addressesOf(
  stage: Pick<Stage, "sandbox">,
  pod: { readonly name: string; readonly namespace?: string; readonly interfaceName: string },
): Promise<readonly string[]> {
  const argv = ["ip", "-json", "address", "show"];
  const { stdout } = await stage.sandbox.exec(pod, argv).catch(() => ({ stdout: "[]" }));
  const links: readonly {
    readonly ifname?: string;
    readonly addr_info?: readonly { readonly local: string; readonly scope: string }[];
  }[] = JSON.parse(stdout.trim() === "" ? "[]" : stdout);
  return links.filter(({ ifname }) => ifname === pod.interfaceName)
    .flatMap(({ addr_info = [] }) =>
      addr_info.filter(({ scope }) => scope !== "link").map(({ local }) => local)
    );
}

/** As the status on the pod says it, which these stories are without. */
export async function showsWhatItHas(stage: Stage, name: string): Promise<void> {
  const ips = await addressesOf(stage, { name, interfaceName: "storage" });
  const shown = JSON.stringify([{ name: "storage", interface: "storage", ips }]);
  stage.sandbox.patch(pods, { name }, {
    metadata: { annotations: { "vxlan.travelping.com/network-status": shown } },
  });
}

/** Kernels of running pods, objects and pods, as they are now. Interfaces are called like their network. */
export async function addressWorld(
  stage: Pick<Stage, "sandbox">,
  networks: readonly string[],
): Promise<AddressWorld> {
  const kernels: KernelAddress[] = [];
  const living = new Set<string>();
  for (const { metadata: { name, namespace = "default", uid } } of stage.sandbox.store.list(pods)) {
    const pod = `${namespace}/${name}`;
    living.add(pod).add(uid);
    for (const network of networks) {
      const found = await addressesOf(stage, { name, namespace, interfaceName: network });
      kernels.push(...found.map((address) => ({ pod, uid, network, address })));
    }
  }
  const tables = [...poolTexts(stage)].filter(([network]) => networks.includes(network));
  return { kernels, living, tables: new Map(tables) };
}

/** Waits until the law of addresses holds. */
export async function lawHolds(stage: Stage, networks: readonly string[]): Promise<void> {
  let broken: readonly string[] = [];
  await waitFor(async () => {
    broken = brokenAtRest(await addressWorld(stage, networks));
    return broken.length === 0;
  }, { what: "the law of addresses holds", state: () => broken.join("\n") });
}

/** Deletes all pods, and waits until nobody holds anything any more. */
export async function allGone(stage: Stage, networks: readonly string[]): Promise<void> {
  for (const { metadata: { name, namespace = "default" } } of stage.sandbox.store.list(pods)) {
    stage.sandbox.delete(pods, { name, namespace, graceSeconds: 0 });
  }
  await waitFor(() => stage.sandbox.store.list(pods).length === 0, { what: "all pods are gone" });
  await lawHolds(stage, networks);
  for (const [network, text] of poolTexts(stage)) assert.doesNotMatch(text, /^held/m, network);
}
