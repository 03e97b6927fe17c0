// Edits by chance on running pods: after each all kernels are as the texts say, and who is not concerned loses no frame meanwhile.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Edit,
  editsAndLabelsOf,
  type LabelEdit,
  networkNames,
} from "../controller/store/random_edits.ts";
import type { Reporter } from "../../lib/report/report.ts";
import { annotationKey, label } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { podIpOf, podName } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { makePools } from "../stories/pool_objects.ts";
import { configMapName, setStage, type Stage } from "../stories/stage.ts";
import { type Pair, textOf, whileTheyTalk } from "../stories/steady_stream.ts";
import { again } from "../tools/by_chance.ts";
import { type Form, isSame, segmentOf } from "./form.ts";
import { obstructed, Remembered, type Seen, wrongIn } from "./kernels.ts";
import type { Told } from "./ways.ts";
import { Ledger } from "./ledger.ts";
import { linkLocalOf, lookInto, networkOf, numbersOf } from "./look.ts";

const names = ["a", "b", "lab/c", "lab/d"];
const start = { west: "id=1", east: "id=2", north: "id=3" };
/** Members that a network may have: one pod fewer than there are. */
const limit = 3;
/** Pairs that are watched during an edit. */
const mostPairs = 3;

/** Gives how many frames came back. */
export async function editByChance({ edits, seed }: {
  readonly edits: number;
  readonly seed: number;
}): Promise<number> {
  await using stage = await setStage({ dataPlane: "namespaces" });
  makePools(stage);
  stage.networks(start);
  const notes = new Notes();
  const { log } = await stage.startController({
    maxMembers: limit,
    parts: (usual) => ({ ...usual, reporter: notes.reporter(usual.reporter) }),
  });
  const run = await EditRun.start(stage, notes);
  const done: string[] = [];
  let sent = 0;
  for (const [at, edit] of fc.sample(editsAndLabelsOf(names), { seed, numRuns: edits }).entries()) {
    try {
      sent += await run.edit(edit);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const before = [...done.slice(-5), JSON.stringify(edit)].join("\n");
      throw new Error(
        `${message}\nafter edit ${at} of ${edits}:\n${before}\n${again(seed)}\n${log.slice(-30).join("\n")}`,
        { cause: error },
      );
    }
    done.push(JSON.stringify(edit));
  }
  return sent;
}

/** What the controller says of each pod, by its name. */
class Notes {
  readonly #problems = new Map<string, readonly Told[]>();

  reporter(usual: Reporter): Reporter {
    return {
      ...usual,
      report: (report) => {
        const { pod: { namespace, name }, state } = report;
        this.#problems.set(`${namespace}/${name}`, state.kind === "failing" ? state.problems : []);
        usual.report(report);
      },
    };
  }

  of(pod: string): readonly Told[] {
    const { namespace = "default", name } = podName(pod);
    return this.#problems.get(`${namespace}/${name}`) ?? [];
  }
}

class EditRun {
  readonly #stage: Stage;
  readonly #notes: Notes;
  readonly #ledger: Ledger;
  readonly #remembered = new Remembered();
  #seen: readonly Seen[] = [];

  private constructor(stage: Stage, { ledger, notes }: { readonly ledger: Ledger; readonly notes: Notes }) {
    this.#stage = stage;
    this.#ledger = ledger;
    this.#notes = notes;
  }

  /** With pods that run, each in two networks, one in all. */
  static async start(stage: Stage, notes: Notes): Promise<EditRun> {
    const texts = names.map((_, at) => networkNames.filter((_, i) => i !== at).join(", "));
    for (const [at, name] of names.entries()) stage.pod({ ...podName(name), networks: texts[at] ?? "" });
    for (const name of names) await stage.sandbox.waitForPhase(podName(name), "Running");
    const known = names.map((name) => {
      const { metadata } = stage.sandbox.find(pods, podName(name)) ?? { metadata: { uid: "" } };
      const { uid, creationTimestamp: created } = metadata as { uid: string; creationTimestamp?: string };
      const { namespace = "default" } = podName(name);
      return { name, namespace, uid, created: created ?? "", ip: podIpOf(stage.sandbox, { pod: name }) };
    });
    const ledger = new Ledger(known, { limit });
    ledger.apply({ kind: "configmap", data: start });
    for (const [at, pod] of names.entries()) {
      ledger.apply({ kind: "annotation", pod, text: texts[at] ?? "" });
    }
    const run = new EditRun(stage, { ledger, notes });
    await run.#holds();
    return run;
  }

  /** Makes one edit, and waits until all is as it should be. */
  async edit(drawn: Edit | LabelEdit): Promise<number> {
    const edit = withPodIp(drawn, podIpOf(this.#stage.sandbox, { pod: "b" }));
    const before = this.#seen;
    this.#ledger.apply(edit);
    const pairs = steadyPairs(before, this.#ledger.forms);
    const told = await whileTheyTalk(this.#stage, {
      pairs: someOf(pairs),
      during: async () => {
        this.#write(edit);
        await this.#holds();
      },
    });
    // What was right at once, since nothing was to change, must be so still.
    await this.#holds();
    const lost = told.filter((one) => one.lost.length > 0);
    assert.deepEqual(lost.map(({ pair, lost }) => `${textOf(pair)}: lost ${lost}`), []);
    return told.reduce((sum, { came }) => sum + came, 0);
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
      this.#seen = await Promise.all(pods.map(async ({ name, ip }) => ({
        pod: name,
        ip,
        forms: forms.get(name) ?? new Map<string, Form>(),
        look: await lookInto(this.#stage.sandbox, name),
        told: this.#notes.of(name),
      })));
      wrong = wrongIn(this.#seen, this.#remembered);
      return wrong.length === 0;
    }, { what: "all kernels are as the texts say", state: () => wrong.join("\n") });
    this.#remembered.note(this.#seen);
  }
}

function withPodIp(edit: Edit | LabelEdit, ip: string): Edit | LabelEdit {
  if (edit.kind === "annotation") return { ...edit, text: edit.text.replaceAll("@b", ip) };
  if (edit.kind === "label" || edit.data === undefined) return edit;
  const data = Object.entries(edit.data).map(([key, text]) => [key, text.replaceAll("@b", ip)]);
  return { ...edit, data: Object.fromEntries(data) };
}

/** Those who share a network that neither of them resolves differently now, and whose links stand and are up. */
function steadyPairs(
  before: readonly Seen[],
  after: ReadonlyMap<string, ReadonlyMap<string, Form>>,
): readonly Pair[] {
  const ends = before.flatMap((seen) => {
    const now = after.get(seen.pod) ?? new Map<string, Form>();
    const stuck = obstructed(seen).union(obstructed({ ...seen, forms: now }));
    const isSteady = (form: Form): boolean => {
      if (stuck.has(form.network) || !isSame(form, now.get(form.network))) return false;
      if (form.dev === "eth0") return true;
      const below = [...seen.forms.values()].find(({ interfaceName }) => interfaceName === form.dev);
      return below !== undefined && isSteady(below);
    };
    return [...seen.forms.values()].filter(isSteady).flatMap((form) => {
      const link = seen.look.links.find((one) =>
        networkOf(one) === form.network && numbersOf(one) === `${form.vni}/${form.port}`
      );
      const address = link && linkLocalOf(link);
      return address === undefined ? [] : [{ pod: seen.pod, form, address }];
    });
  });
  return ends.flatMap(({ pod: from, form }) =>
    ends.filter((to) => to.pod > from && segmentOf(to.form) === segmentOf(form)).map(
      ({ pod: to, address }) => {
        const { network, interfaceName } = form;
        return { from, to, network, interfaceName, address };
      },
    )
  );
}

/** Spread over all of them, since the first ones are all of one pod. */
function someOf(pairs: readonly Pair[]): readonly Pair[] {
  const step = Math.max(1, pairs.length / mostPairs);
  return pairs.filter((_, at) => Math.floor(at % step) === 0).slice(0, mostPairs);
}
