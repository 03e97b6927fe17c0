// Stories of pods of which something is to be said: list, inspect, status, condition and annotation say the same of them.
import assert from "node:assert/strict";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { agentImage, label, podSpec } from "../member/member_pod.ts";
import { makePools } from "./pool_objects.ts";
import { ask, blur, conditionSays, listOf, sayTheSame, startRun } from "./said_everywhere.ts";
import { inPod, running } from "./scenes.ts";
import { configMapName, poolsName, setStage, type Stage } from "./stage.ts";

const west = { west: "id=10 subnet=10.1.0.0/24 neigh=static", east: "id=20 dstport=4789" };
const asked = "west, east ip=10.2.0.1/24 name=e";
const kept = ["east e 20 10.2.0.1", "west west 10 10.1.0.1"];
const reserved = { one: "id=1000 namespaces=lab", two: "id=2" };

const full = ["--max-members-per-network", "2"];

/** What happens to a pod while the controller runs; what is said of it then. */
const scenes: readonly {
  readonly it: string;
  readonly networks?: Readonly<Record<string, string>>;
  /** Of the controller and of each command. */
  readonly flags?: readonly string[];
  readonly happens: (stage: Stage) => void | Promise<void>;
  /** Default: a of the namespace default. */
  readonly namespace?: string;
  readonly says: RegExp;
  /** What it has then. */
  readonly has: readonly string[];
  /** What the log and inspect warn of after a restart: the id of its network is then in the pod only. */
  readonly warns?: RegExp;
}[] = [
  {
    it: "a typo in both of its networks",
    happens: async (stage) => {
      await startPair(stage);
      stage.annotate("a", "west metric=5, east ip=10.2.0.1/24 name=e mtu=x");
    },
    says: /"metric" is no option.*"mtu=x"/,
    has: kept,
  },
  {
    it: "a route that another of its networks excludes",
    happens: async (stage) => {
      await startPair(stage);
      stage.annotate("a", `${asked} route=10.1.0.0/24:10.2.0.9`);
    },
    says: /subnet 10\.1\.0\.0\/24 .*network "west"/,
    has: kept,
  },
  {
    it: "an id that is gone",
    happens: async (stage) => {
      await startPair(stage);
      stage.annotate("a", `${asked}, nowhere`);
    },
    says: /has no key nowhere/,
    has: kept,
  },
  {
    it: "an id that a key reserved before it was removed",
    networks: reserved,
    happens: async (stage) => {
      await startReserved(stage);
      stage.networks({ two: "id=2" });
      stage.pod({ name: "a", networks: "b id=1000" });
    },
    says: /id 1000 is that of network "one", not for namespace "default"/,
    has: [],
  },
  {
    it: "the name of a network that was reserved before its key was removed",
    networks: reserved,
    happens: async (stage) => {
      await startReserved(stage);
      stage.networks({ two: "id=2" });
      stage.pod({ name: "a", networks: "one id=7" });
    },
    says: /it is not for namespace "default"/,
    has: [],
  },
  {
    it: "an id that a key reserved before it could not be read",
    networks: reserved,
    happens: async (stage) => {
      await startReserved(stage);
      stage.networks({ one: "mtu=x", two: "id=2" });
      stage.pod({ name: "a", networks: "b id=1000" });
    },
    says: /id 1000 is that of network "one", not for namespace "default"/,
    has: [],
  },
  {
    it: "an id that a key reserved before it had another",
    networks: reserved,
    happens: async (stage) => {
      await startReserved(stage, "c id=1000");
      stage.networks({ one: "id=1001 namespaces=lab", two: "id=2" });
      stage.pod({ name: "a", networks: "b id=1000" });
    },
    says: /id 1000 is that of network "one", not for namespace "default"/,
    has: [],
  },
  {
    it: "a network that is closed to its namespace",
    happens: async (stage) => {
      await startPair(stage);
      stage.networks({ ...west, west: `${west.west} namespaces=lab` });
    },
    says: /it is not for namespace "default"/,
    has: ["east e 20 10.2.0.1"],
  },
  {
    it: "the key of a network that it has is removed",
    happens: async (stage) => {
      await startPair(stage);
      stage.networks({ east: west.east });
    },
    says: /^networks ready: east, west$/,
    has: kept,
    warns: /network "west": .* has no key west.* keeps it as it was/,
  },
  {
    it: "the key of a network that it has cannot be read any more",
    happens: async (stage) => {
      await startPair(stage);
      stage.networks({ ...west, west: "id=1o" });
    },
    says: /^networks ready: east, west$/,
    has: kept,
    warns: /network "west": .* key west .* cannot be read/,
  },
  {
    it: "the key of a network that it has lost its id",
    happens: async (stage) => {
      await startPair(stage);
      stage.networks({ ...west, east: "dstport=4789" });
    },
    says: /^networks ready: east, west$/,
    has: kept,
    warns: /network "east": .* gives none/,
  },
  {
    it: "the ConfigMap is deleted",
    happens: async (stage) => {
      await startPair(stage);
      stage.networks(undefined);
    },
    says: /^networks ready: east, west$/,
    has: kept,
    warns: /network "east": .* has no key east/,
  },
  {
    it: "it asks for a network whose key was removed, and that another has",
    happens: async (stage) => {
      stage.pod({ name: "b", networks: "west" });
      await running(stage, ["b"]);
      stage.networks({ east: west.east });
      stage.pod({ name: "a", networks: "west" });
    },
    says: /has no key west/,
    has: [],
  },
  {
    it: "it writes otherwise what it has of a network whose key was removed",
    happens: async (stage) => {
      await startPair(stage);
      stage.networks({ east: west.east });
      stage.annotate("a", "west name=w, east ip=10.2.0.1/24 name=e");
    },
    says: /^networks ready: east, west$/,
    has: ["east e 20 10.2.0.1", "west w 10 10.1.0.1"],
    warns: /network "west": .* has no key west/,
  },
  {
    it: "a network that is full",
    flags: ["--max-members-per-network", "1"],
    happens: async (stage) => {
      stage.pod({ name: "b", networks: "west" });
      await running(stage, ["b"]);
      stage.pod({ name: "a", networks: "west, east" });
    },
    says: /it is full with 1 members/,
    has: ["east east 20 "],
  },
  {
    it: "a pool that is exhausted",
    networks: { west: "id=10 subnet=10.1.0.0/30 range=10.1.0.1-10.1.0.1" },
    happens: async (stage) => {
      stage.pod({ name: "b", networks: "west" });
      await running(stage, ["b"]);
      stage.pod({ name: "a", networks: "west" });
    },
    says: /an address of network "west"/,
    has: ["west west 10 "],
  },
  {
    it: "an address that another has too",
    happens: async (stage) => {
      await startPair(stage);
      stage.annotate("a", "west, east ip=10.2.0.2/24 name=e");
    },
    says: /10\.2\.0\.2/,
    has: ["east e 20 10.2.0.2", "west west 10 10.1.0.1"],
  },
  {
    it: "the network of its node",
    happens: (stage) => {
      const spec = { ...podSpec("classic", agentImage), hostNetwork: true };
      stage.pod({ name: "a", networks: "west", spec });
    },
    says: /hostNetwork/,
    has: [],
  },
  {
    it: "no agent",
    happens: (stage) =>
      stage.pod({ name: "a", networks: "west", spec: { containers: [{ name: "app", image: "x" }] } }),
    says: /agent/,
    has: [],
  },
  {
    it: "an annotation with another key than was meant",
    happens: (stage) => {
      stage.sandbox.apply(JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name: "a",
          namespace: "default",
          labels: { [label]: "true" },
          annotations: { "vxlan.openvnf.org/networks": "west" },
        },
        spec: podSpec("classic", agentImage),
      }));
    },
    says: /rename its annotation/,
    has: [],
  },
  {
    it: "a link of another in the way",
    happens: async (stage) => {
      await startPair(stage);
      await inPod(stage, "a", ["ip", "link", "add", "south", "type", "bridge"]);
      stage.annotate("a", `${asked}, south id=3`);
    },
    says: /south/,
    has: ["east e 20 10.2.0.1", "south south 3 ", "west west 10 10.1.0.1"],
  },
  {
    it: "an option that pods may not give",
    flags: ["--restrict-pods"],
    happens: (stage) => stage.pod({ name: "a", networks: "west id=11" }),
    says: /option id is for ConfigMap/,
    has: [],
  },
  {
    it: "a typo while it is being deleted",
    happens: async (stage) => {
      const spec = podSpec("classic", agentImage);
      // An image of old is deaf to TERM.
      const containers = [...spec.containers, { name: "app", image: `${agentImage}:old` }];
      await startPair(stage, { ...spec, containers, terminationGracePeriodSeconds: 600 });
      stage.sandbox.delete(pods, { name: "a", graceSeconds: 600 });
      await stage.sandbox.waitForPod({ name: "a" }, {
        what: "has lost its agent",
        holds: (pod) => /"terminated"/.test(JSON.stringify(field(pod["status"], "containerStatuses"))),
      });
      stage.annotate("a", "west metric=5, east ip=10.2.0.1/24 name=e");
    },
    says: /"metric" is no option/,
    has: kept,
  },
  {
    it: "it is in a network that is full",
    networks: { one: "id=1" },
    flags: full,
    happens: async (stage) => {
      await startFull(stage, ["a", "b"]);
      stage.pod({ name: "c", networks: "one" });
      await conditionSays({ stage, name: "c" }, /it is full/);
    },
    says: /^networks ready: one$/,
    has: ["one one 1 "],
  },
  {
    it: "it waits for a place in a network that is full",
    networks: { one: "id=1" },
    flags: full,
    happens: async (stage) => {
      await startFull(stage, ["b", "c"]);
      stage.pod({ name: "a", networks: "one" });
    },
    says: /it is full with 2 members; wait until one goes/,
    has: [],
  },
];
for (const { it, networks = west, flags = [], happens, namespace, says, has, warns } of scenes) {
  Deno.test(`the same is said of a pod everywhere: ${it}`, async () => {
    await using stage = await setStage();
    makePools(stage);
    stage.networks(networks);
    const about = { stage, name: "a", flags, ...(namespace !== undefined && { namespace }) };
    await (async () => {
      await using _running = await startRun(stage, ...flags);
      await happens(stage);
      await sayTheSame(about, { says, has });
    })();
    // A successor finds it so, and says the same.
    blur(about);
    await using successor = await startRun(stage, ...flags);
    const { lines } = successor;
    await sayTheSame(about, { says, has });
    if (warns === undefined) return;
    await waitFor(() => lines.some((line) => /warn/i.test(line) && warns.test(line)), {
      what: `the log warns: ${warns}`,
      state: () => lines.join("\n"),
    });
    const { value } = await ask(about, "inspect", "a");
    assert.match(listOf(value, "warnings").join("\n"), warns);
  });
}

Deno.test("what follows from settings that commands were not told they say in the words of the condition", async () => {
  await using stage = await setStage();
  stage.networks(west);
  await using _running = await startRun(stage, "--restrict-pods");
  stage.pod({ name: "a", networks: "other id=7" });
  const about = { stage, name: "a" };
  const message = await conditionSays(about, /option id is for ConfigMap/);
  const [list, inspected, status] = await Promise.all([
    ask(about, "list", "pods", "-A"),
    ask(about, "inspect", "default/a"),
    ask(about, "status"),
  ]);
  assert.deepEqual(listOf(listOf(list.value, "items")[0], "problems"), [message]);
  assert.equal(listOf(inspected.value, "problems").at(-1), message);
  const [failing] = listOf(field(status.value, "members"), "notReady");
  assert.deepEqual(listOf(failing, "problems"), [message]);
});

/** The pods a and b, of which a is looked at, and all is well. */
async function startPair(stage: Stage, spec?: object): Promise<void> {
  stage.pod({ name: "a", networks: asked, ...(spec !== undefined && { spec }) });
  await running(stage, ["a"]);
  stage.pod({ name: "b", networks: "west, east ip=10.2.0.2/24" });
  await running(stage, ["b"]);
  await conditionSays({ stage, name: "a" }, /^networks ready/);
}

/** As many members as there may be, one after the other. */
async function startFull(stage: Stage, names: readonly string[]): Promise<void> {
  for (const name of names) {
    stage.pod({ name, networks: "one" });
    await conditionSays({ stage, name }, /^networks ready/);
  }
}

/** A pod of the namespace that alone may be there, and the controller remembers that. */
async function startReserved(stage: Stage, networks = "one"): Promise<void> {
  stage.pod({ name: "h", namespace: "lab", networks });
  await stage.sandbox.waitForPhase({ namespace: "lab", name: "h" }, "Running");
  await conditionSays({ stage, name: "h", namespace: "lab" }, /^networks ready/);
  const key = "vxlan.travelping.com/known-networks";
  const object = { namespace: configMapName.namespace, name: `${poolsName}-0` };
  const remembered = (): string =>
    textField(field(field(stage.sandbox.find(configMaps, object), "metadata"), "annotations"), key);
  await waitFor(() => remembered().includes("id=1000"), { what: "it is remembered", state: remembered });
}
