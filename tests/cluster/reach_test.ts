// UDP of the networks is dropped in a node, one way and both: are those named that it concerns, and no others; and after it?
import assert from "node:assert/strict";
import { controllerLog } from "./install_controller.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { runCheckScript } from "./check_script.ts";
import type { Cluster } from "./cluster.ts";
import { agentContainer, type MemberPod, readyPods, type Workload, workloadObject } from "./members.ts";
import type { NodeAccess } from "./node_access.ts";
import { inside } from "./pod_network.ts";
import { say } from "./progress.ts";
import { command } from "./run_command.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "reach";
const network = "reach id=7401";

Deno.test("frames that do not pass between the nodes are named, and nothing is left of it", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) return say("SKIPPED: the test needs the machine of the cluster");
    const [a, b, c] = await Promise.all([
      member(cluster, { name: "a", node: "node1", host: 1 }),
      member(cluster, { name: "b", node: "node1", host: 2 }),
      member(cluster, { name: "c", node: "node2", host: 3 }),
    ]);
    const names = new Map([[a.name, "a"], [b.name, "b"], [c.name, "c"]]);
    const checked = (): Promise<readonly string[]> => check(cluster, names);
    await using here = await firewall(access);
    await t.step("all is well: no hole", async () => {
      await until("everybody to reach everybody", async () => (await checked()).length === 0, {
        seconds: 60,
        describe: async () => (await checked()).join(),
      });
    });
    await t.step(
      "dropped from the second node to the first: the crossing pairs, and the direction",
      async () => {
        await here.drop("-s");
        await finds(checked, ["a c arrives", "b c arrives", "c a", "c b"]);
      },
    );
    await t.step("a new member says so", async () => {
      const began = performance.now();
      const d = await member(cluster, { name: "d", node: "node1", host: 4 });
      const message = await shows(cluster, {
        pod: d.name,
        reason: "PeersUnreachable",
        texts: [
          /1 peer on another node \(reach\/c-\S+ on node2\), asked twice, did not answer, of 2 /,
          /UDP port 8472 must pass between the nodes/,
        ],
      });
      say(`told ${Math.round((performance.now() - began) / 1000)} s after it was asked for: ${message}`);
      // Who asked before the drop, and was not decided, asks again, and finds a true hole too.
      const list = ["-n", namespace, "get", "events", "--field-selector", "reason=VxlanUnreachable"];
      const told = (): Promise<string> =>
        cluster.kubectl([...list, "-o", "jsonpath={.items[*].involvedObject.name}"]);
      await until("its Event", async () => (await told()).split(" ").includes(d.name), {
        seconds: 20,
        describe: async () => `Events of: ${await told()}\n${await controllerLog(cluster)}`,
      });
    });
    await t.step("inspect says of each peer what came of the last probe; check.sh fails for it", async () => {
      const [d] = await readyPods(cluster, workload("d", 4));
      const last = await lastProbes(cluster, d?.name ?? "");
      const of = (pod: MemberPod): string | undefined => last.get(`${namespace}/${pod.name}`);
      assert.deepEqual(
        [of(a), of(b), of(c)],
        ["reachable", "reachable", "unreachable"],
        [...last].join("; "),
      );
      const said = await runCheckScript(cluster, { namespace, pod: d?.name ?? "" });
      assert.equal(said.code, 1, said.stdout);
      assert.match(said.stdout, /FAIL +condition: .* is True, PeersUnreachable: .*Cannot reach peers/);
      assert.doesNotMatch(said.stdout, /All is right/);
    });
    await t.step("dropped both ways: no direction is known", async () => {
      await here.drop("-d");
      await finds(checked, ["a c", "b c", "c a", "c b"]);
    });
    await t.step("an interface that was set down by hand is named", async () => {
      let found: readonly string[] = [];
      // The controller sets it up again when it looks at the pod: that may be before the check has.
      await until("four pairs that are not probed", async () => {
        await inAgent(cluster, b.name, ["ip", "link", "set", "reach", "down"]);
        found = await checked();
        return found.filter((pair) => pair.endsWith("not probed")).length === 4;
      }, { seconds: 60, describe: () => found.join() });
      await inAgent(cluster, b.name, ["ip", "link", "set", "reach", "up"]);
    });
    await t.step("undone: all is well, and no neighbour table has anything left", async () => {
      await here.undo();
      const [d] = await readyPods(cluster, workload("d", 4));
      await shows(cluster, { pod: d?.name ?? "", reason: "NetworksReady" });
      await finds(checked, []);
      // Who was not decided before asks again, and has its own entries for as long as that takes.
      for (const name of [a, b, c, d].flatMap((pod) => pod?.name ?? [])) {
        let odd: readonly Neighbour[] = [];
        await until(`nothing to be left in the neighbour table of ${name}`, async () => {
          odd = await neighboursMade(cluster, name);
          return odd.length === 0;
        }, { seconds: 30, describe: () => JSON.stringify(odd) });
      }
    });
  });
});

interface Firewall extends AsyncDisposable {
  /** Drops what comes from (`-s`) or goes to (`-d`) pods of the second node on the port, in the first node. */
  readonly drop: (side: "-s" | "-d") => Promise<void>;
  readonly undo: () => Promise<void>;
}

function firewall({ layout }: NodeAccess): Promise<Firewall> {
  const [first, second] = layout.nodes;
  assert.ok(first !== undefined && second !== undefined);
  const rules: (readonly string[])[] = [];
  const iptables = (argv: readonly string[]): Promise<string> =>
    command("iptables", ["nsenter", `--net=/run/netns/${first.namespace}`, "iptables", "-w", ...argv]);
  const undo = async (): Promise<void> => {
    for (const rule of rules.splice(0)) await iptables(["-D", ...rule]);
  };
  return Promise.resolve({
    drop: async (side) => {
      const rule = ["FORWARD", side, second.podSubnet, "-p", "udp", "--dport", "8472", "-j", "DROP"];
      await iptables(["-I", ...rule]);
      rules.push(rule);
    },
    undo,
    [Symbol.asyncDispose]: undo,
  });
}

function workload(name: string, host: number): Workload {
  const networks = `${network} ip=10.74.0.${host}/24`;
  return { namespace, name, networks, replicas: 1, form: name === "d" ? "classic" : "native with a port" };
}

/** One pod on a node. */
async function member(
  cluster: Cluster,
  { name, node, host }: { readonly name: string; readonly node: string; readonly host: number },
): Promise<MemberPod> {
  const work = workload(name, host);
  const object = JSON.parse(JSON.stringify(workloadObject(work)));
  object.spec.template.spec.nodeName = node;
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  const [pod] = await readyPods(cluster, work);
  assert.ok(pod !== undefined);
  return pod;
}

/** Pairs without an answer, by short names, sorted; of others than these names nothing. */
async function check(cluster: Cluster, names: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const lines: string[] = [];
  const args = ["check", "network", "reach", "-A", "-o", "json", "--kubeconfig", cluster.kubeconfig ?? ""];
  const product = await startProduct(args, { onLine: (line) => lines.push(line) });
  const code = await product.ended;
  const text = lines.join("\n");
  const [segment] = JSON.parse(text.slice(text.indexOf("{"))).items;
  const pairs: readonly { from: string; to: string; outcome: string; arrives?: true | null }[] =
    segment.pairs;
  const failed = pairs.filter(({ outcome }) => outcome !== "reachable");
  assert.equal(code, failed.length === 0 ? 0 : 1, text);
  const short = (pod: string): string => names.get(pod.split("/")[1] ?? "") ?? "?";
  return failed.map(({ from, to, outcome, arrives }) => {
    const how = outcome === "not probed" ? " not probed" : arrives ? " arrives" : "";
    return `${short(from)} ${short(to)}${how}`;
  }).filter((pair) => !pair.includes("?")).sort();
}

/**
 * Checks until exactly these pairs have no answer: where everything is slow a peer may answer too late for both questions,
 * and a direction be decided by one of them.
 */
async function finds(checked: () => Promise<readonly string[]>, wanted: readonly string[]): Promise<void> {
  const found: string[] = [];
  await until(`check to name ${wanted.join(", ") || "nobody"}`, async () => {
    found.push((await checked()).join(", "));
    return found.at(-1) === wanted.join(", ");
  }, { seconds: 30, describe: () => `it named, one after the other: ${found.join(" | ")}` });
  if (found.length > 1) say(`check was asked ${found.length} times: ${found.join(" | ")}`);
}

interface Neighbour {
  readonly dst: string;
  readonly state: readonly string[];
}

/** What a probe makes in the neighbour table and no traffic leaves there. */
async function neighboursMade(cluster: Cluster, pod: string): Promise<readonly Neighbour[]> {
  const argv = ["ip", "-json", "neigh", "show", "dev", "reach", "nud", "all"];
  const entries: readonly Neighbour[] = JSON.parse(await inAgent(cluster, pod, argv));
  const made = ["INCOMPLETE", "FAILED", "PROBE", "PERMANENT"];
  return entries.filter(({ dst, state }) =>
    !dst.startsWith("ff02:") && state.some((one) => made.includes(one))
  );
}

/** By peer, as `inspect` has it from the controller that leads. */
async function lastProbes(cluster: Cluster, pod: string): Promise<ReadonlyMap<string, string>> {
  const lines: string[] = [];
  const args = ["inspect", `${namespace}/${pod}`, "-o", "json", "--kubeconfig", cluster.kubeconfig ?? ""];
  await (await startProduct(args, { onLine: (line) => lines.push(line) })).ended;
  const text = lines.join("\n");
  const [found] = JSON.parse(text.slice(text.indexOf("{"))).networks;
  const peers: readonly { readonly pod: string; readonly lastProbe: { readonly outcome: string } | null }[] =
    found.peers;
  return new Map(peers.map(({ pod, lastProbe }) => [pod, lastProbe?.outcome ?? "not read"]));
}

/** Waits for the reason of the pod's condition, which is True, and gives its message. */
async function shows(
  cluster: Cluster,
  { pod, reason, texts = [] }: {
    readonly pod: string;
    readonly reason: string;
    readonly texts?: readonly RegExp[];
  },
): Promise<string> {
  let found = "";
  const template =
    "{range .status.conditions[?(@.type=='vxlan.travelping.com/Ready')]}{.status} {.reason} {.message}{end}";
  await until([`${reason} on ${pod}`, ...texts].join(" and "), async () => {
    found = await cluster.kubectl(["-n", namespace, "get", "pod", pod, "-o", `jsonpath=${template}`]);
    return found.startsWith(`True ${reason} `) && texts.every((text) => text.test(found));
  }, { seconds: 150, describe: () => found });
  return found;
}

async function inAgent(cluster: Cluster, pod: string, argv: readonly string[]): Promise<string> {
  return await inside(cluster, { namespace, pod, container: agentContainer, argv });
}
