// Two members on two nodes whose frames are to pass: how are they made and changed, and does one reach the other?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { agentContainer, readyPods, type Workload, workloadObject } from "./members.ts";
import type { NodeAccess } from "./node_access.ts";
import { inside } from "./pod_network.ts";
import { type ProgramsIn, programsIn } from "./pod_namespace.ts";
import { until } from "./until.ts";

/** Of the members. */
export const namespace = "frames";
/** The first network of both, as annotations name it. */
export const network = "frames id=7301";
/** One pod, and its network from inside. */
export interface Member {
  readonly name: string;
  readonly ip: string;
  readonly run: ProgramsIn;
}

/** Two members on two nodes. */
export interface Scene {
  readonly cluster: Cluster;
  readonly access: NodeAccess;
  readonly a: Member;
  readonly b: Member;
}

/** One pod on a node. */
export async function member(
  cluster: Cluster,
  { name, node, networks }: { readonly name: string; readonly node: string; readonly networks: string },
): Promise<Member> {
  const work: Workload = { namespace, name, networks, replicas: 1, form: "native with a port" };
  const object = JSON.parse(JSON.stringify(workloadObject(work)));
  object.spec.template.spec.nodeName = node;
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  const [pod] = await readyPods(cluster, work);
  assert.ok(pod !== undefined);
  return { name: pod.name, ip: pod.ip, run: await programsIn(cluster, pod.uid) };
}

/** Gives the pods of a member other networks. */
export async function annotate(
  cluster: Cluster,
  { pod, networks }: { readonly pod: string; readonly networks: string },
): Promise<void> {
  const text = `vxlan.travelping.com/networks=${networks}`;
  await cluster.kubectl(["-n", namespace, "annotate", "pod", "-l", `app=${pod}`, "--overwrite", text]);
}

/** The rules of a member's pod, as JSON. */
export async function rulesOf(cluster: Cluster, pod: string): Promise<string> {
  const name = await cluster.kubectl([
    ...["-n", namespace, "get", "pods", "-l", `app=${pod}`, "-o", "jsonpath={.items[0].metadata.name}"],
  ]);
  const argv = ["ip", "-json", "-details", "rule", "show"];
  return await inside(cluster, { namespace, pod: name, container: agentContainer, argv });
}

/** What was learned must not help. */
export async function forget(...members: readonly Member[]): Promise<void> {
  for (const { run } of members) await run(["ip", "neigh", "flush", "dev", "frames"]);
}

/** The same on all interfaces. */
export async function forgetAll(...members: readonly Member[]): Promise<void> {
  for (const { run } of members) await run(["ip", "neigh", "flush", "all"]);
}

/** By the first network. */
export async function bothReach(a: Member, b: Member): Promise<void> {
  await doesReach(a, "10.71.0.2");
  await doesReach(b, "10.71.0.1");
}

/** What is read back from a pod is there a moment before all that belongs to it. */
export async function doesReach(from: Member, to: string): Promise<void> {
  await until(`${from.name} to reach ${to}`, () => reaches(from, to), { seconds: 10 });
}

/** Whether any of two pings comes back. */
export async function reaches({ run }: Member, to: string): Promise<boolean> {
  return (await run(["ping", "-c", "2", "-i", "0.2", "-W", "1", to])).code === 0;
}
