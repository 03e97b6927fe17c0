// Stories of pods of which something is to be said: list, inspect, status, condition and annotation say the same of them.
import assert from "node:assert/strict";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { configMaps } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "./pool_objects.ts";
import { conditionSays, sayTheSame, startRun } from "./said_everywhere.ts";
import { running } from "./scenes.ts";
import { configMapName, poolsName, setStage, type Stage } from "./stage.ts";

const west = { west: "id=10 subnet=10.1.0.0/24 neigh=static", east: "id=20 dstport=4789" };
const asked = "west, east ip=10.2.0.1/24 name=e";
const kept = ["east e 20 10.2.0.1", "west west 10 10.1.0.1"];
const full = ["--max-members-per-network", "2"];
const reserved = { one: "id=1000 namespaces=lab", two: "id=2" };

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
for (const { it, networks = west, flags = [], happens, namespace, says, has } of scenes) {
  Deno.test(`the same is said of a pod everywhere: ${it}`, async () => {
    await using stage = await setStage();
    makePools(stage);
    stage.networks(networks);
    await using _running = await startRun(stage, ...flags);
    await happens(stage);
    const about = { stage, name: "a", flags, ...(namespace !== undefined && { namespace }) };
    assert.deepEqual(await sayTheSame(about, says), has);
  });
}

/** The pods a and b, of which a is looked at, and all is well. */
async function startPair(stage: Stage): Promise<void> {
  stage.pod({ name: "a", networks: asked });
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
