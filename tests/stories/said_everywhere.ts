// What the pod, `list`, `inspect` and `status` say of one pod, asked of the real program, and whether it is the same.
import assert from "node:assert/strict";
import { field, type KubeObject, textField } from "../sandbox/store/kube_object.ts";
import { pods } from "../sandbox/api/resources.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { conditionOf, conditionType } from "./shown.ts";
import type { Stage } from "./stage.ts";

/** Which pod, and what commands are told besides the server. */
export interface Asked {
  readonly stage: Stage;
  readonly name: string;
  readonly namespace?: string;
  readonly flags?: readonly string[];
}

/** What a command printed, and its lines on stderr. */
export interface Answer {
  readonly value: unknown;
  readonly lines: readonly string[];
}

/** The controller as a process; its lines. Stopped at the end of the block. */
export async function startRun(
  stage: Stage,
  ...flags: readonly string[]
): Promise<AsyncDisposable & { readonly lines: readonly string[]; readonly product: Product }> {
  const lines: string[] = [];
  const args = ["run", "--server", stage.sandbox.server.url, "--http-address", "off", ...flags];
  const product = await startProduct(args, { onLine: (line) => lines.push(line) });
  return {
    lines,
    product,
    [Symbol.asyncDispose]: async () => {
      await product.stop();
    },
  };
}

/** Asks a command for JSON. What is no part of it was said on stderr. */
export async function ask({ stage, flags = [] }: Asked, ...words: readonly string[]): Promise<Answer> {
  const lines: string[] = [];
  const server = ["--server", stage.sandbox.server.url];
  const args = [...words, "-o", "json", ...server, ...flags];
  await (await startProduct(args, { onLine: (line) => lines.push(line) })).ended;
  const [first, last] = [lines.indexOf("{"), lines.lastIndexOf("}")];
  assert.ok(first >= 0, `${words.join(" ")}: ${lines.join("\n")}`);
  return {
    value: JSON.parse(lines.slice(first, last + 1).join("\n")),
    lines: [...lines.slice(0, first), ...lines.slice(last + 1)],
  };
}

/** Makes reason and text of the pod's condition others, so that they are only right again once they were written anew. */
export function blur({ stage, name, namespace = "default" }: Asked): void {
  stage.sandbox.store.update({ resource: pods, name, namespace }, "status", (pod) => {
    const status = Object(field(pod, "status"));
    const conditions = listOf(status, "conditions").map((one) =>
      textField(one, "type") === conditionType
        ? { ...Object(one), reason: "Blurred", message: "blurred" }
        : one
    );
    return { ...pod, status: { ...status, conditions } };
  });
}

/** Waits until the pod's condition has a text like this. */
export async function conditionSays(asked: Asked, text: RegExp): Promise<string> {
  const message = (): string => conditionOf(podOf(asked))?.message ?? "";
  await waitFor(() => text.test(message()), { what: `the condition says ${text}`, state: message });
  return message();
}

/**
 * All of them, once the condition says that and the annotation shows these networks, as `NETWORK INTERFACE VNI ADDRESS,…`.
 * What only the controller can know counts too, where its condition says it.
 */
export async function sayTheSame(
  asked: Asked,
  { says, has }: { readonly says: RegExp; readonly has: readonly string[] },
): Promise<void> {
  const shown = (): readonly string[] => {
    const annotations = field(podOf(asked)?.metadata, "annotations");
    const text = textField(annotations, "vxlan.travelping.com/network-status");
    const networks = text === "" ? [] : listOf(JSON.parse(text), "");
    return networks.filter((one) => field(one, "interface") !== undefined).map(formOf);
  };
  await conditionSays(asked, says);
  await waitFor(() => shown().join() === has.join(), {
    what: `the annotation shows ${has}`,
    state: () => shown().join(),
  });
  const message = await conditionSays(asked, says);
  const { namespace = "default", name } = asked;
  const [list, inspected, status] = await Promise.all([
    ask(asked, "list", "pods", "-A"),
    ask(asked, "inspect", `${namespace}/${name}`),
    ask(asked, "status"),
  ]);
  const [listed] = listOf(list.value, "items").filter((one) =>
    textField(one, "name") === name && textField(one, "namespace") === namespace
  );
  assert.deepEqual(listOf(inspected.value, "networks").map(formOf), has, "networks of inspect");
  assert.deepEqual(listOf(listed, "networks").map(formOf), has, "networks of list");
  // That no agent runs to be asked is the business of who asks.
  const problems = listOf(inspected.value, "problems").map(String)
    .filter((one) => !one.startsWith("cannot look into the pod: "));
  const { status: ready, reason } = conditionOf(podOf(asked)) ?? {};
  const told = reason === "NetworksReady" ? "" : message;
  assert.equal(problems.map(onPod).join("; "), told, "inspect and the condition");
  assert.deepEqual(listOf(listed, "problems"), problems, "list and inspect");
  const [failing] = listOf(field(status.value, "members"), "notReady").filter((one) =>
    textField(one, "pod") === `${namespace}/${name}`
  );
  assert.deepEqual(listOf(failing, "problems"), ready === "True" ? [] : problems, "status and inspect");
  assert.equal(textField(listed, "ready"), ready, "list and the condition");
  assert.equal(textField(listed, "reason"), reason === "NetworksReady" ? "" : reason, "reason of list");
}

function podOf({ stage, name, namespace }: Asked): KubeObject | undefined {
  return stage.sandbox.find(pods, { name, ...(namespace !== undefined && { namespace }) });
}

/** A problem as it is said on the pod itself. */
function onPod(problem: string): string {
  return problem.replace(/^annotation \S+ of pod \S+?(, line|: )/, "annotation$1").replace(/^pod \S+: /, "");
}

/** A list in a value that a program prints; "": the value itself. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const found = name === "" ? value : field(value, name);
  return Array.isArray(found) ? found : [];
}

/** `NETWORK INTERFACE VNI ADDRESS,…` */
function formOf(network: unknown): string {
  const ips = [...listOf(network, "addresses"), ...listOf(network, "ips")].map((one) =>
    String(one).split("/")[0]
  );
  const names = [textField(network, "name"), textField(network, "interface")];
  return [...names, field(network, "vni"), ips.join()].join(" ");
}
