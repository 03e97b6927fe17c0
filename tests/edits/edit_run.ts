// Edits by chance on running pods, and mishaps: after each all kernels are as the texts say, and who is not concerned loses no frame meanwhile.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Edit, type LabelEdit, networkNames } from "../controller/store/random_edits.ts";
import { agentImage, annotationKey, label, membershipSettings, podSpec } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { podIpOf, podName } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "../stories/pool_objects.ts";
import { configMapName, setStage, type Stage } from "../stories/stage.ts";
import { type Pair, textOf, whileTheyTalk } from "../stories/steady_stream.ts";
import { again } from "../tools/by_chance.ts";
import { tableFulls } from "../tools/table_fulls.ts";
import { Crew } from "./crew.ts";
import { changeBy, type Happening, happeningsOf, type Mishap, withPodIp } from "./happenings.ts";
import { Ledger } from "./ledger.ts";
import { lookInto } from "./look.ts";
import { someOf } from "./pairs.ts";
import type { KnownPod, Rules } from "./places.ts";
import { type Sight, Worlds } from "./worlds.ts";

const names = ["a", "b", "lab/c", "lab/d"];
/** Which pods have their agent as a native sidecar. */
const natives = ["b", "lab/c"];
/** The container beside the agent: what happens to that one does not touch it. */
const app = "app";
const start = { west: "id=1", east: "id=2", north: "id=3" };
const startTexts = new Map(
  names.map((name, at) => [name, networkNames.filter((_, i) => i !== at).join(", ")]),
);
/** Members that a network may have: one pod fewer than there are. */
const limit = 3;

/** Gives how many frames came back. */
export async function editByChance({ edits, seed }: {
  readonly edits: number;
  readonly seed: number;
}): Promise<number> {
  const happenings = fc.sample(happeningsOf(names), { seed, numRuns: edits });
  // Every second one with `--restrict-pods`.
  return await happenInTurn(happenings, { again: again(seed), restrictPods: seed % 2 !== 0 });
}

/** The same with given edits; `again` says how to see once more what fails. */
export async function happenInTurn(
  happenings: readonly Happening[],
  { again, restrictPods }: { readonly again: string; readonly restrictPods: boolean },
): Promise<number> {
  await using stage = await setStage({ dataPlane: "namespaces", dualStack: true });
  makePools(stage);
  stage.networks(start);
  const rules = { limit, restrictPods };
  const crew = new Crew(stage, rules);
  await crew.start();
  const run = await EditRun.start(stage, { crew, rules });
  const done: string[] = [];
  let sent = 0;
  for (const [at, edit] of happenings.entries()) {
    try {
      sent += await run.happen(edit);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const before = [...done.slice(-5), JSON.stringify(edit)].join("\n");
      throw new Error(
        `${message}\nafter edit ${at} of ${happenings.length}:\n${before}\n${again}\n${
          crew.log.slice(-100).join("\n")
        }`,
        { cause: error },
      );
    }
    done.push(JSON.stringify(edit));
  }
  return sent;
}

class EditRun {
  readonly #stage: Stage;
  readonly #crew: Crew;
  readonly #worlds: Worlds;

  private constructor(stage: Stage, { worlds, crew }: { readonly worlds: Worlds; readonly crew: Crew }) {
    this.#stage = stage;
    this.#worlds = worlds;
    this.#crew = crew;
  }

  /** With pods that run, each in two networks, one in all. */
  static async start(
    stage: Stage,
    { crew, rules }: { readonly crew: Crew; readonly rules: Rules },
  ): Promise<EditRun> {
    for (const [name, networks] of startTexts) {
      const { containers, ...spec } = podSpec(natives.includes(name) ? "native" : "classic", agentImage);
      const all = [...containers.filter((each) => each.name !== app), { name: app, image: "app" }];
      stage.pod({ ...podName(name), networks, spec: { ...spec, containers: all } });
    }
    for (const name of names) {
      await containerRuns(stage, { pod: name, container: app });
    }
    const known = names.map((name) => {
      const { metadata } = stage.sandbox.find(pods, podName(name)) ?? { metadata: { uid: "" } };
      const { uid, creationTimestamp: created } = metadata as { uid: string; creationTimestamp?: string };
      const { namespace = "default" } = podName(name);
      const [ip = "", ip6 = ""] = ([4, 6] as const).map((family) =>
        podIpOf(stage.sandbox, { pod: name, family })
      );
      return { name, namespace, uid, created: created ?? "", ip, ip6 };
    });
    const ledger = new Ledger(known, rules);
    ledger.apply({ kind: "configmap", data: start });
    for (const [pod, text] of startTexts) ledger.apply({ kind: "annotation", pod, text });
    const run = new EditRun(stage, { worlds: new Worlds(ledger), crew });
    await run.#holds({ isSettled: true });
    return run;
  }

  /** Makes edits, with a mishap if there is one, and waits until all is as it should be. */
  async happen({ edits: drawn, mishap }: Happening): Promise<number> {
    const ip = podIpOf(this.#stage.sandbox, { pod: "b" });
    const edits = drawn.map((edit) => withPodIp(edit, ip));
    const texts = edits.filter((edit) => edit.kind !== "label");
    const isOfCrew = texts.length === edits.length && mishap !== undefined && mishap.kind !== "agent killed";
    let came = 0;
    // What is not as the texts say is not known as well once the controller was another one.
    if (isOfCrew) came += await this.#makePlain();
    const away = isOfCrew ? this.#worlds.applyAway(texts, { ...changeBy(mishap), limit }) : undefined;
    const befalls = away !== undefined || mishap?.kind === "agent killed" ? mishap : undefined;
    const steady = away ?? this.#worlds.apply(edits);
    return came + await this.#watch(steady, () => this.#make(edits, befalls));
  }

  async #makePlain(): Promise<number> {
    const edits: readonly Edit[] = [
      { kind: "configmap", data: start },
      ...[...startTexts].map(([pod, text]) => ({ kind: "annotation", pod, text } as const)),
    ];
    let came = 0;
    for (const edit of edits) {
      if (this.#worlds.arePlain) break;
      came += await this.#watch(this.#worlds.apply([edit]), () => this.#write([edit]));
    }
    return came;
  }

  async #watch(steady: readonly Pair[], happen: () => void | Promise<void>): Promise<number> {
    const fulls = await tableFulls();
    const told = await whileTheyTalk(this.#stage, {
      pairs: someOf(steady),
      container: app,
      during: async () => {
        await happen();
        await this.#holds({ isSettled: false });
      },
    });
    // What was right at once, since nothing was to change, must be so still.
    await this.#holds({ isSettled: true });
    const lost = told.filter((one) => one.lost.length > 0);
    const full = await tableFulls() - fulls;
    const remark = full === 0
      ? ""
      : `; the machine's neighbour table was full ${full} times meanwhile: nothing else may fill it`;
    assert.deepEqual(lost.map(({ pair, lost }) => `${textOf(pair)}: lost ${lost}${remark}`), []);
    return told.reduce((sum, { came }) => sum + came, 0);
  }

  async #make(edits: readonly (Edit | LabelEdit)[], mishap: Mishap | undefined): Promise<void> {
    const [crew, { sandbox }] = [this.#crew, this.#stage];
    switch (mishap?.kind) {
      case undefined:
        return this.#write(edits);
      case "away":
        await crew.stop();
        this.#write(edits);
        return await crew.start();
      case "restart":
        this.#write(edits);
        await crew.stop();
        return await crew.start();
      case "takeover": {
        const lead = await crew.standby(this.#worlds.ledger.labelled);
        await crew.stop();
        this.#write(edits);
        return await lead();
      }
      case "killed": {
        const isDead = crew.dieAfter(mishap.lines);
        this.#write(edits);
        // It may have less to write; when it is killed then is left to chance.
        await waitFor(isDead, { what: "it is killed between its lines", timeout: 2_000 }).catch(() => {});
        crew.dieAfter(0);
        await crew.stop();
        return await crew.start();
      }
      case "agent killed":
        // It may have been killed just before.
        await containerRuns(this.#stage, { pod: mishap.pod, container: membershipSettings.agent });
        await sandbox.kubelet.killContainer(podName(mishap.pod), membershipSettings.agent);
        return this.#write(edits);
      default:
        return mishap satisfies never;
    }
  }

  #write(edits: readonly (Edit | LabelEdit)[]): void {
    const { sandbox } = this.#stage;
    for (const edit of edits) {
      if (edit.kind === "configmap") {
        const isThere = sandbox.find(configMaps, configMapName) !== undefined;
        if (edit.data !== undefined || isThere) this.#stage.networks(edit.data);
        continue;
      }
      const metadata = edit.kind === "annotation"
        ? { annotations: { [annotationKey]: edit.text } }
        : { labels: { [label]: this.#worlds.ledger.isLabelled(edit.pod) ? "true" : null } };
      sandbox.patch(pods, podName(edit.pod), { metadata });
    }
  }

  async #holds({ isSettled }: { readonly isSettled: boolean }): Promise<void> {
    let wrong: readonly string[] = [];
    const [{ ledger }, crew] = [this.#worlds, this.#crew];
    const sights = await waitFor(async () => {
      const found = await Promise.all(ledger.pods.map((pod) => this.#look(pod)));
      wrong = this.#hasHeard() ? this.#worlds.wrong(found) : ["the controller has not heard of all"];
      // What is right may be so of before the edit, or on the way: which world it is shows at the end.
      if (isSettled && !crew.rests(ledger.labelled)) wrong = ["the controller has not done all", ...wrong];
      return wrong.length === 0 && found;
    }, { what: "all kernels are as the texts say", state: () => wrong.join("\n") });
    this.#worlds.note(sights, { isSettled });
  }

  async #look({ name, ip, ip6 }: KnownPod): Promise<Sight> {
    const look = await lookInto(this.#stage.sandbox, { ...podName(name), container: app });
    return { pod: name, ip, ...(ip6 !== undefined && { ip6 }), look, told: this.#crew.of(name) };
  }

  #hasHeard(): boolean {
    const { sandbox } = this.#stage;
    const { ledger } = this.#worlds;
    const texts = ledger.labelled.map(({ uid, name }): [string, string] => {
      const annotations = field(field(sandbox.find(pods, podName(name)), "metadata"), "annotations");
      return [uid, textField(annotations, annotationKey)];
    });
    const data = sandbox.find(configMaps, configMapName)?.["data"] ?? {};
    return this.#crew.hasHeard({ pods: new Map(texts), data: data as Readonly<Record<string, string>> });
  }
}

async function containerRuns(
  { sandbox }: Stage,
  { pod, container }: { readonly pod: string; readonly container: string },
): Promise<void> {
  await sandbox.waitForPod(podName(pod), {
    what: `runs ${container}`,
    holds: ({ metadata: { uid } }) => sandbox.kubelet.containerOf(uid, container) !== undefined,
  });
}
