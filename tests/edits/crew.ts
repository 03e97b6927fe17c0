// Who controls while edits are made: one controller, then another; and what is said by who leads.
import { podName } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { type Mortal, mortal } from "../stories/mortal.ts";
import type { RunningController, Stage } from "../stories/stage.ts";
import type { KnownPod, Rules } from "./places.ts";
import { Rest } from "./rest.ts";
import type { Told } from "./ways.ts";

interface Member {
  readonly running: RunningController;
  readonly life: Mortal;
  readonly rest: Rest;
  /** What it says of each pod, by namespace and name. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  /** Those whose kernels were not looked at when they should have been: an agent is away, say. */
  readonly unseen: ReadonlySet<string>;
  lead(): Promise<void>;
}

/** The controllers of one run. */
export class Crew {
  readonly #stage: Stage;
  readonly #rules: Rules;
  #member: Member | undefined;
  #log: readonly string[] = [];

  constructor(stage: Stage, rules: Rules) {
    this.#stage = stage;
    this.#rules = rules;
  }

  /** What who leads, or led last, has logged. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** What who leads says is wrong with a pod; nothing when nobody does. */
  of(pod: string): readonly Told[] {
    return this.#member?.told.get(keyOf(podName(pod))) ?? [];
  }

  async start(): Promise<void> {
    this.#become(await this.#join({ leads: true }));
  }

  async stop(): Promise<void> {
    await this.#member?.running.stop();
    this.#member = undefined;
  }

  /** Who leads dies after so many more lines; true once it is dead. */
  dieAfter(lines: number): () => boolean {
    const life = this.#member?.life;
    life?.dieAfter(lines);
    return () => life?.dead !== false;
  }

  /** Who leads has heard of these texts; nobody has not when nobody leads. */
  hasHeard(
    { pods, data }: {
      /** By uid. */
      readonly pods: ReadonlyMap<string, string>;
      readonly data: Readonly<Record<string, string>>;
    },
  ): boolean {
    const store = this.#member?.running.controller.store;
    if (store === undefined) return true;
    const keys = [...store.cluster.keys].map(([key, { text }]) => [key, text]);
    return [...pods].every(([uid, text]) => store.tracked.get(uid)?.pod.annotation === text) &&
      `${keys.sort()}` === `${Object.entries(data).sort()}`;
  }

  /** Who leads has done all that it knows of, and has seen all of these; nobody has anything to do when nobody leads. */
  rests(pods: readonly KnownPod[]): boolean {
    if (this.#member === undefined) return true;
    const { rest, unseen } = this.#member;
    return rest.hasLasted && !pods.some(({ name }) => unseen.has(keyOf(podName(name))));
  }

  /** Another one that knows all of these pods; it leads once that is asked for, by when the former leader is gone. */
  async standby(pods: readonly KnownPod[]): Promise<() => Promise<void>> {
    const next = await this.#join({ leads: false });
    await waitFor(() => pods.every(({ name }) => next.told.has(keyOf(podName(name)))), {
      what: "the standby has seen all pods",
      state: () => next.running.log.slice(-10).join("\n"),
    });
    return async () => {
      this.#become(next);
      await next.lead();
    };
  }

  #become(member: Member): void {
    this.#member = member;
    this.#log = member.running.log;
  }

  async #join({ leads }: { readonly leads: boolean }): Promise<Member> {
    const [told, unseen] = [new Map<string, readonly Told[]>(), new Set<string>()];
    const state = { leads };
    const [life, rest] = [mortal(), new Rest()];
    const running = await this.#stage.startController({
      maxMembers: this.#rules.limit,
      restrictPods: this.#rules.restrictPods,
      isLeader: () => state.leads,
      client: life.client,
      parts: (usual) => ({
        ...life.parts(usual),
        queueObserver: rest.observer,
        reporter: {
          ...usual.reporter,
          report: (report) => {
            const pod = keyOf(report.pod);
            told.set(pod, report.state.kind === "failing" ? report.state.problems : []);
            // What is wrong with a text is said while its pod waits, too.
            const isSeen = report.state.kind === "former" || report.entriesMissing !== undefined;
            if (isSeen) unseen.delete(pod);
            else unseen.add(pod);
            usual.reporter.report(report);
          },
        },
      }),
    });
    return {
      running,
      life,
      rest,
      told,
      unseen,
      lead: async () => {
        state.leads = true;
        await running.controller.reconcileAll();
      },
    };
  }
}

function keyOf(
  { namespace = "default", name }: { readonly namespace?: string; readonly name: string },
): string {
  return `${namespace}/${name}`;
}
