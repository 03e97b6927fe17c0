// What `namespaces=` reserves survives a restart: as an annotation of the first object, which authors of pods cannot write.
import { type Memory, memoryText, noMemory } from "../../network/reserved/memory_text.ts";
import type { MemoryRead } from "../../network/reserved/remembered.ts";
import type { PoolHooks } from "../../network/pool_request.ts";
import type { Outcome } from "../../queue/work_queue.ts";
import { defined, messageOf } from "../../text/defined.ts";
import { steady } from "../../text/steady.ts";
import { type PoolObject, type PoolObjectOptions, writeAnnotation } from "../pool_object.ts";
import { findMemory, memoryAt, memoryKey, memoryPlace } from "./read_memory.ts";

/** Bytes of it that are used: all annotations of an object together may have 256 KiB. */
const room = 200_000;

/** Tries in a row when somebody else is faster. */
const races = 5;

/** Milliseconds until what cannot be used is looked at again, and what can. */
const lookAgain = { bad: 10_000, good: 600_000 };

/** What the keeper looks at besides its object. */
export interface KeeperOptions extends PoolObjectOptions, Pick<PoolHooks, "reserved" | "onReserved"> {
  readonly isLeader: () => boolean;
  readonly say: (message: string) => void;
}

/** Reads it before anything is judged, and again when leadership was gained; writes it while it leads. */
export class MemoryKeeper {
  readonly #options: KeeperOptions;
  readonly #where: string;
  readonly #tried = Promise.withResolvers<void>();
  /** As it was read or written last. */
  #object:
    | { readonly is: PoolObject | undefined; readonly text: string; readonly reason?: string }
    | undefined;
  #readAgainAt = 0;
  /** Something is known of before. */
  #isRead = false;
  /** It is to be read and told, also when it was before. */
  #isDue = true;
  /** Who holds what is known. */
  #mayWrite = false;
  readonly #said = new Set<string>();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#where = memoryPlace(options);
    void options.onReserved({ memory: noMemory, unread: `${this.#where} was not read yet` });
  }

  /** Resolves once it was read, or could not be, and was told: what follows from it is done by then. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** All pods are known, and another may have written until now. */
  reread(): void {
    [this.#object, this.#isDue, this.#mayWrite] = [undefined, true, true];
  }

  /** Nothing comes any more. */
  end(): void {
    this.#tried.resolve();
  }

  /** Never throws for what the API server does. */
  async run(): Promise<Outcome> {
    try {
      return await this.#race();
    } catch (error) {
      this.#object = undefined;
      if (this.#options.signal.aborted) return { kind: "done" };
      await this.#refuse(messageOf(error), noMemory);
      return { kind: "retry", reason: messageOf(error) };
    } finally {
      this.#tried.resolve();
    }
  }

  async #race(): Promise<Outcome> {
    const { reserved, isLeader, clock } = this.#options;
    for (let tries = 0; tries < races; tries++) {
      const refused = this.#isDue ? await this.#read() : undefined;
      if (refused !== undefined) return refused;
      if (!this.#mayWrite || !isLeader()) return { kind: "wait", reason: "another replica leads" };
      if (clock.now() >= this.#readAgainAt) this.#object = undefined;
      const { text, missing } = memoryText(reserved(), room);
      if (missing > 0) this.#complain(`not all of it fits into ${room} bytes of ${this.#where}`);
      else if (this.#object?.text === text) this.#said.clear();
      if (this.#object?.text === text) return { kind: "done", requeueAfter: lookAgain.good };
      const unwritten = await this.#write(text);
      if (unwritten !== undefined) return unwritten;
    }
    return { kind: "retry", reason: "others were faster" };
  }

  /** Tells what is remembered; gives an outcome when that must not be taken for all. */
  async #read(): Promise<Outcome | undefined> {
    const { memory, unread } = await this.#get();
    if (unread !== undefined && !this.#isRead) {
      await this.#refuse(unread, memory);
      this.#object = undefined;
      return { kind: "retry", reason: unread };
    }
    [this.#isRead, this.#isDue] = [true, false];
    await this.#options.onReserved({ memory, unread: undefined });
    return undefined;
  }

  /** Throws ApiError. */
  async #get(): Promise<MemoryRead> {
    const { object: is, text, reason, memory, unread } = await findMemory(this.#options);
    this.#object = { is, text, ...defined({ reason }) };
    this.#readAgainAt = this.#options.clock.now() + (is === undefined ? lookAgain.bad : lookAgain.good);
    return { memory, unread };
  }

  /** Undefined: it is to be looked at anew, for it was written, or somebody else was faster. */
  async #write(text: string): Promise<Outcome | undefined> {
    if (this.#object === undefined) await this.#get();
    const { is: before, reason, text: there } = this.#object ?? { text };
    if (there === text) return undefined;
    if (before === undefined) {
      this.#complain(reason ?? "");
      return { kind: "done", requeueAfter: lookAgain.bad };
    }
    const answer = await writeAnnotation(memoryAt, {
      ...this.#options,
      before,
      key: memoryKey(this.#options),
      text,
    });
    this.#object = answer.kind === "object" ? { is: answer.is, text } : undefined;
    return undefined;
  }

  /** Until something is known nothing is open. */
  async #refuse(reason: string, memory: Memory): Promise<void> {
    if (!this.#isRead) await this.#options.onReserved({ memory, unread: reason });
    this.#complain(reason);
  }

  #complain(reason: string): void {
    // Where nothing is reserved nothing is lost.
    if (this.#isRead && memoryText(this.#options.reserved(), room).text === "") return;
    const what = this.#isRead
      ? "Cannot remember over a restart what namespaces= reserves"
      : "Cannot know what namespaces= had reserved, so no pod enters a network by an id of its own";
    const gist = `${what}: ${steady(reason)}`;
    if (!this.#said.has(gist)) this.#options.say(`${what}: ${reason}`);
    this.#said.add(gist);
  }
}
