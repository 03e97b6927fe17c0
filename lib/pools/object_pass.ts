// One pass over one object: what is there is read first, what is wanted second; then one write for all who wait.
import { cidrText } from "../network/grammar/address.ts";
import type { PoolAnswer } from "../network/pool.ts";
import type { PoolAnswers, PoolRequest } from "../network/pool_request.ts";
import type { Outcome } from "../queue/work_queue.ts";
import { messageOf } from "../text/defined.ts";
import { steady } from "../text/steady.ts";
import type { PoolSizes } from "./allocation.ts";
import { Departures, rereadEvery } from "./departures.ts";
import { type Drawn, drawTables } from "./draw_tables.ts";
import {
  damageText,
  objectText,
  type PoolObject,
  type PoolObjectAnswer,
  type PoolObjectOptions,
  readObject,
  writeObject,
} from "./pool_object.ts";
import type { PoolTable } from "./table.ts";
import { readTable } from "./table_text.ts";

/** What a pass looks at besides its object. */
export interface ObjectPassOptions extends PoolObjectOptions {
  readonly isLeader: () => boolean;
  /** Those of this object's networks. */
  readonly requests: () => readonly PoolRequest[];
  readonly holders: () => ReadonlySet<string>;
  /** What the pod was told last. */
  readonly answered: (uid: string, network: string) => PoolAnswer | undefined;
  readonly publish: (answers: PoolAnswers) => void;
  /** Holders that live. Throws ApiError. */
  readonly living: () => Promise<ReadonlySet<string>>;
  readonly say: (message: string) => void;
  readonly onSizes: (network: string, sizes: PoolSizes) => void;
  readonly onWrite?: (outcome: "written" | "outrun" | "failed") => void;
}

/** Tries in a row when somebody else is faster. */
const races = 5;

/** Milliseconds until what cannot be used is looked at again. */
const lookAgain = 10_000;

const later: Outcome = { kind: "done", requeueAfter: rereadEvery };

/** Everything that is known of one object. */
export class ObjectPass {
  readonly #at: number;
  readonly #options: ObjectPassOptions;
  #object: PoolObject | undefined;
  /** The last good tables: of an object that was emptied, or of a table that was damaged. */
  readonly #known = new Map<string, PoolTable>();
  readonly #departures: Departures;
  #last: readonly PoolRequest[] = [];
  /** Of this pass, and of all since the last one without any. */
  readonly #complaints = new Set<string>();
  readonly #said = new Set<string>();

  constructor(at: number, options: ObjectPassOptions) {
    this.#at = at;
    this.#options = options;
    this.#departures = new Departures(options.clock);
  }

  /** Whether others ask, or for something else, than at the last pass. */
  isNews(requests: readonly PoolRequest[]): boolean {
    return requests.length !== this.#last.length ||
      requests.some((request, at) => request !== this.#last[at]);
  }

  /** It is read before anything else is done with it. */
  forget(): void {
    this.#object = undefined;
    for (const network of this.#known.keys()) this.#options.onSizes(network, { total: 0, used: 0 });
    this.#known.clear();
    this.#departures.forget();
  }

  /** Before anybody has a pool, nobody needs the objects. */
  get #isNeeded(): boolean {
    return this.#last.some(({ subnets }) => subnets.length > 0);
  }

  /** Never throws for what the API server does. */
  async run(): Promise<Outcome> {
    if (!this.#options.isLeader()) {
      this.forget();
      return { kind: "wait", reason: "another replica leads" };
    }
    if (this.#options.clock.now() >= this.#departures.readAgainAt) this.#object = undefined;
    try {
      return await this.#race();
    } catch (error) {
      this.#object = undefined;
      if (this.#options.signal.aborted) return { kind: "done" };
      this.#refuse(messageOf(error));
      return this.#isNeeded ? { kind: "retry", reason: messageOf(error) } : later;
    }
  }

  async #race(): Promise<Outcome> {
    for (let tries = 0; tries < races; tries++) {
      const read = this.#object === undefined ? await readObject(this.#at, this.#options) : undefined;
      if (read?.kind === "unusable") return this.#unusable(read.reason);
      if (read?.kind === "object") await this.#take(read.is);
      const object = this.#object;
      if (object === undefined) continue;
      const answer = await this.#write(object);
      if (answer !== undefined) return answer;
    }
    return { kind: "retry", reason: "others were faster" };
  }

  /** Undefined: somebody else was faster. */
  async #write(object: PoolObject): Promise<Outcome | undefined> {
    this.#complaints.clear();
    this.#last = this.#options.requests();
    for (const { holder } of this.#last) this.#departures.asks(holder);
    const drawn = this.#draw(object, undefined);
    const tables = new Map(
      [...drawn].flatMap(([network, { text }]) => text === undefined ? [] : [[network, text]]),
    );
    const isSame = tables.size === object.tables.size &&
      [...tables].every(([network, text]) => object.tables.get(network) === text);
    if (!isSame) {
      // An order to write that comes from a time when we led is none.
      if (!this.#options.isLeader()) return { kind: "wait", reason: "another replica leads" };
      const answer = await writeObject(this.#at, { ...this.#options, before: object, tables });
      const outcome = this.#written(answer);
      if (outcome !== undefined) {
        return outcome.kind === "outrun" ? undefined : this.#unusable(outcome.reason);
      }
    }
    this.#publish(drawn);
    if (this.#complaints.size === 0) this.#said.clear();
    for (const [network, { allocation }] of drawn) {
      if (allocation.table.held.size + allocation.table.freed.length > 0) {
        this.#known.set(network, allocation.table);
      } else this.#known.delete(network);
    }
    if (this.#complaints.size > 0) {
      // Somebody may have mended it, and nothing tells us.
      this.#object = undefined;
      return { kind: "done", requeueAfter: lookAgain };
    }
    const all = [...drawn.values()].map(({ allocation }) => allocation);
    this.#departures.remain(all.flatMap(({ table }) => [...table.held.keys()]));
    const earliest = this.#options.time.now()?.earliest ?? 0;
    const wait = Math.min(
      this.#departures.readAgainAt - this.#options.clock.now(),
      ...all.flatMap(({ nextFree }) => nextFree === undefined ? [] : (nextFree - earliest) * 1000),
    );
    return { kind: "done", requeueAfter: Math.max(1_000, wait) };
  }

  #written(answer: PoolObjectAnswer): Exclude<PoolObjectAnswer, { kind: "object" }> | undefined {
    if (answer.kind === "object") {
      this.#options.onWrite?.("written");
      this.#object = answer.is;
      return undefined;
    }
    this.#options.onWrite?.(answer.kind === "outrun" ? "outrun" : "failed");
    this.#object = undefined;
    return answer;
  }

  #draw(object: PoolObject | undefined, frozen: string | undefined): ReadonlyMap<string, Drawn> {
    const holders = this.#options.holders();
    const now = this.#options.time.now();
    return drawTables({
      texts: object?.tables ?? new Map(),
      known: this.#known,
      requests: this.#last.map((request) => this.#withMemory(request)),
      isGone: (holder) => this.#departures.isGone(holder) || holders.has(holder),
      now: now ?? { earliest: 0, latest: 0 },
      object: objectText(this.#at, this.#options),
      frozen: frozen ?? (now === undefined ? "the API server's answers have no date" : undefined),
      onDamage: (network, reason) => this.#damage(network, reason),
    });
  }

  /** What we have told a pod ourselves is a claim that needs no other proof. */
  #withMemory(request: PoolRequest): PoolRequest {
    const answer = this.#options.answered(request.uid, request.network);
    if (answer?.kind !== "given") return request;
    return {
      ...request,
      claim: { kind: "told", addresses: answer.addresses.map(cidrText) },
    };
  }

  /** Who holds something and is unknown to us may have been made while another led: the pods are listed anew. */
  async #take(object: PoolObject): Promise<void> {
    this.#object = object;
    const known = this.#options.holders();
    const read = [...object.tables.values()].map(readTable);
    // What stands in for a table that was lost counts too: who went at that moment is in none that was read.
    const tables = [
      ...this.#known.values(),
      ...read.flatMap((each) => each.kind === "table" ? each.table : []),
    ];
    const held = tables.flatMap((table) => [...table.held.keys()]);
    await this.#departures.read({ held, known, living: this.#options.living });
  }

  #unusable(reason: string): Outcome {
    this.#refuse(reason);
    return this.#isNeeded ? { kind: "done", requeueAfter: lookAgain } : later;
  }

  /** Nothing can be given; those who have something keep it. */
  #refuse(reason: string): void {
    this.#last = this.#options.requests();
    if (this.#isNeeded) this.#complain("Cannot give addresses", reason);
    this.#publish(this.#draw(this.#object, reason));
  }

  #damage(network: string, reason: string): string {
    const why = damageText(this.#at, { ...this.#options, network, reason });
    this.#complain(`Cannot give addresses of network "${network}"`, why);
    return why;
  }

  #complain(what: string, reason: string): void {
    const gist = `${what}: ${steady(reason)}`;
    this.#complaints.add(gist);
    if (this.#said.has(gist)) return;
    this.#said.add(gist);
    this.#options.say(`${what}: ${reason}`);
  }

  #publish(drawn: ReadonlyMap<string, Drawn>): void {
    const answers = new Map<string, Map<string, PoolAnswer>>();
    for (const [network, { allocation }] of drawn) {
      this.#options.onSizes(network, allocation.sizes);
      for (const [uid, answer] of allocation.answers) {
        const ofPod = answers.get(uid) ?? new Map<string, PoolAnswer>();
        answers.set(uid, ofPod.set(network, answer));
      }
    }
    this.#options.publish(answers);
  }
}
