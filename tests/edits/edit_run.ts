// Edits by chance on running pods, and mishaps: after each all kernels are as the texts say, and who is not concerned loses no frame meanwhile.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Edit, type LabelEdit, networkNames } from "../controller/store/random_edits.ts";
import { agentImage, annotationKey, label, membershipSettings, podSpec } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { podIpOf, podName } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "../stories/pool_objects.ts";
import { configMapName, setStage, type Stage } from "../stories/stage.ts";
import { textOf, whileTheyTalk } from "../stories/steady_stream.ts";
import { again } from "../tools/by_chance.ts";
import { Crew } from "./crew.ts";
import type { Form } from "./form.ts";
import { type Happening, happeningsOf, type Mishap } from "./happenings.ts";
import { Remembered, type Seen, wrongIn } from "./kernels.ts";
import { tableFulls } from "./table_fulls.ts";
import { Ledger, type Rules } from "./ledger.ts";
import { lookInto } from "./look.ts";
import { someOf, steadyPairs } from "./pairs.ts";

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
          crew.log.slice(-30).join("\n")
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
  readonly #ledger: Ledger;
  readonly #remembered = new Remembered();
  #seen: readonly Seen[] = [];

  private constructor(stage: Stage, { ledger, crew }: { readonly ledger: Ledger; readonly crew: Crew }) {
    this.#stage = stage;
    this.#ledger = ledger;
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
    const run = new EditRun(stage, { ledger, crew });
    await run.#holds();
    return run;
  }

  /** Makes one edit, with its mishap if it has one, and waits until all is as it should be. */
  async happen({ edit: drawn, mishap }: Happening): Promise<number> {
    const edit = withPodIp(drawn, podIpOf(this.#stage.sandbox, { pod: "b" }));
    const ledger = this.#ledger;
    const isOfCrew = mishap !== undefined && mishap.kind !== "agent killed" && edit.kind !== "label";
    let came = 0;
    // What is not as the texts say is not known as well once the controller was another one.
    if (isOfCrew) came += await this.#makePlain();
    const before = this.#seen;
    const isMade = isOfCrew && ledger.applyAway(edit, { knows: mishap.kind === "takeover" });
    if (!isMade) ledger.apply(edit);
    const befalls = isMade || mishap?.kind === "agent killed" ? mishap : undefined;
    return came + await this.#watch(before, () => this.#make(edit, befalls));
  }

  async #makePlain(): Promise<number> {
    const edits: readonly Edit[] = [
      { kind: "configmap", data: start },
      ...[...startTexts].map(([pod, text]) => ({ kind: "annotation", pod, text } as const)),
    ];
    let came = 0;
    for (const edit of edits) {
      if (this.#ledger.isPlain) break;
      const before = this.#seen;
      this.#ledger.apply(edit);
      came += await this.#watch(before, () => this.#write(edit));
    }
    return came;
  }

  async #watch(before: readonly Seen[], happen: () => void | Promise<void>): Promise<number> {
    const fulls = await tableFulls();
    const told = await whileTheyTalk(this.#stage, {
      pairs: someOf(steadyPairs(before, this.#ledger.forms)),
      container: app,
      during: async () => {
        await happen();
        await this.#holds();
      },
    });
    // What was right at once, since nothing was to change, must be so still.
    await this.#holds();
    const lost = told.filter((one) => one.lost.length > 0);
    const full = await tableFulls() - fulls;
    const remark = full === 0
      ? ""
      : `; the machine's neighbour table was full ${full} times meanwhile: nothing else may fill it`;
    assert.deepEqual(lost.map(({ pair, lost }) => `${textOf(pair)}: lost ${lost}${remark}`), []);
    return told.reduce((sum, { came }) => sum + came, 0);
  }

  async #make(edit: Edit | LabelEdit, mishap: Mishap | undefined): Promise<void> {
    const [crew, { sandbox }] = [this.#crew, this.#stage];
    switch (mishap?.kind) {
      case undefined:
        return this.#write(edit);
      case "away":
        await crew.stop();
        this.#write(edit);
        return await crew.start();
      case "restart":
        this.#write(edit);
        await crew.stop();
        return await crew.start();
      case "takeover": {
        const lead = await crew.standby(names.filter((name) => this.#ledger.isLabelled(name)));
        await crew.stop();
        this.#write(edit);
        return await lead();
      }
      case "agent killed":
        // It may have been killed just before.
        await containerRuns(this.#stage, { pod: mishap.pod, container: membershipSettings.agent });
        await sandbox.kubelet.killContainer(podName(mishap.pod), membershipSettings.agent);
        return this.#write(edit);
      default:
        return mishap satisfies never;
    }
  }

  #write(edit: Edit | LabelEdit): void {
    const { sandbox } = this.#stage;
    if (edit.kind === "configmap") {
      const isThere = sandbox.find(configMaps, configMapName) !== undefined;
      if (edit.data !== undefined || isThere) this.#stage.networks(edit.data);
      return;
    }
    const metadata = edit.kind === "annotation"
      ? { annotations: { [annotationKey]: edit.text } }
      : { labels: { [label]: this.#ledger.isLabelled(edit.pod) ? "true" : null } };
    sandbox.patch(pods, podName(edit.pod), { metadata });
  }

  async #holds(): Promise<void> {
    let wrong: readonly string[] = [];
    await waitFor(async () => {
      const { forms, pods } = this.#ledger;
      this.#seen = await Promise.all(pods.map(async ({ name, ip, ip6 }) => ({
        pod: name,
        ip,
        ...(ip6 !== undefined && { ip6 }),
        forms: forms.get(name) ?? new Map<string, Form>(),
        look: await lookInto(this.#stage.sandbox, { ...podName(name), container: app }),
        told: this.#crew.of(name),
      })));
      wrong = wrongIn(this.#seen, this.#remembered);
      return wrong.length === 0;
    }, { what: "all kernels are as the texts say", state: () => wrong.join("\n") });
    this.#remembered.note(this.#seen);
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

function withPodIp(edit: Edit | LabelEdit, ip: string): Edit | LabelEdit {
  if (edit.kind === "annotation") return { ...edit, text: edit.text.replaceAll("@b", ip) };
  if (edit.kind === "label" || edit.data === undefined) return edit;
  const data = Object.entries(edit.data).map(([key, text]) => [key, text.replaceAll("@b", ip)]);
  return { ...edit, data: Object.fromEntries(data) };
}
