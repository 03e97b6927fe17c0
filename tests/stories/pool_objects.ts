// The objects with the pools in the sandbox, and the law of addresses over objects, kernels and pods.
import assert from "node:assert/strict";
import { poolObjects } from "../../lib/pools/pool_object.ts";
import { readTable } from "../../lib/pools/table_text.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { agentImage, annotationKey, label, podSpec } from "../member/member_pod.ts";
import { poolsName, type Stage } from "./stage.ts";

/** Creates the objects as the manifests do: empty. */
export function makePools(stage: Stage, name = poolsName): void {
  for (let at = 0; at < poolObjects; at++) stage.sandbox.apply(JSON.stringify(emptyObject(`${name}-${at}`)));
}

function emptyObject(name: string): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "kube-system" } };
}

/** What all objects say: network → text of its table. */
export function poolTexts(stage: Stage): ReadonlyMap<string, string> {
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

/** Address → pods whose interface has it, as their kernels say. Running pods only. */
export async function addressesInKernels(
  stage: Stage,
  interfaceName: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const { metadata: { name, namespace } } of stage.sandbox.store.list(pods)) {
    for (
      const address of await addressesOf(stage, { name, namespace: namespace ?? "default", interfaceName })
    ) {
      found.set(address, [...found.get(address) ?? [], `${namespace}/${name}`]);
    }
  }
  return found;
}

/** Addresses of an interface of a pod, without link-local ones; none while nothing runs in it. */
export async function addressesOf(
  stage: Stage,
  pod: { readonly name: string; readonly namespace?: string; readonly interfaceName: string },
): Promise<readonly string[]> {
  const argv = ["ip", "-json", "address", "show"];
  const { stdout } = await stage.sandbox.exec(pod, argv).catch(() => ({ stdout: "[]" }));
  const links: readonly {
    readonly ifname?: string;
    readonly addr_info?: readonly { readonly local: string; readonly scope: string }[];
  }[] = JSON.parse(stdout);
  return links.filter(({ ifname }) => ifname === pod.interfaceName)
    .flatMap(({ addr_info = [] }) =>
      addr_info.filter(({ scope }) => scope !== "link").map(({ local }) => local)
    );
}

/** What is wrong with the addresses of a network: twice in kernels, or other there than in the object. */
export async function addressFaults(stage: Stage, network: string): Promise<readonly string[]> {
  const kernels = await addressesInKernels(stage, network);
  const twice = [...kernels].filter(([, of]) => of.length > 1).map(([address, of]) =>
    `${address} is in ${of.join(" and ")}`
  );
  const inObject = new Set([...held(stage, network).values()].flat());
  const unknown = [...kernels.keys()].filter((address) => !inObject.has(address)).map((address) =>
    `${address} is in a kernel, and in no object`
  );
  return [...twice, ...unknown];
}
