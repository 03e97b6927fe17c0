// What does each key of the ConfigMap say by now, and to whom is its network closed?
import type { Form } from "./form.ts";
import { type Options, readCluster } from "./reading.ts";

interface Key {
  /** `reserved`: it never was good, and is gone. */
  readonly state: "good" | "kept" | "removed" | "never good" | "reserved";
  readonly options: Options;
  /** It never was good, and a word of it is like no option. */
  readonly isVague?: boolean;
}

/** A VNI that a key has reserved, and does not name any more. */
interface Left {
  readonly network: string;
  readonly options: Options;
}

/** Networks that pods have. */
export type Had = readonly Pick<Form, "network" | "vni">[];

/** All keys, after each text that was read. */
export class ClusterKeys {
  #keys = new Map<string, Key>();
  #left: readonly Left[] = [];
  /** VNIs that the text names now: nothing of before counts for them. */
  #named = new Set<number>();
  #isUsable = false;

  get(network: string): Key | undefined {
    return this.#keys.get(network);
  }

  /** Some key says something now: what the text does not name was left out on purpose. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  get areGood(): boolean {
    return this.#left.length === 0 && [...this.#keys.values()].every(({ state }) => state === "good");
  }

  /** Equal text: they say the same. */
  get text(): string {
    return JSON.stringify([[...this.#keys], this.#left]);
  }

  /** The same; or where nothing `isRead` yet, what of it is remembered: what is for some only. */
  copy({ isRead }: { readonly isRead: boolean }): ClusterKeys {
    const copy = new ClusterKeys();
    copy.#left = this.#left;
    if (isRead) {
      [copy.#keys, copy.#named, copy.#isUsable] = [new Map(this.#keys), this.#named, this.#isUsable];
      return copy;
    }
    for (const [name, { options: { id, namespaces } }] of this.#keys) {
      if (namespaces === undefined) continue;
      copy.#keys.set(name, { state: "reserved", options: { namespaces, ...(id !== undefined && { id }) } });
    }
    return copy;
  }

  read(data: Readonly<Record<string, string>>, had: Had): void {
    const read = new Map(Object.entries(data).map(([key, text]) => [key, readCluster(text)]));
    this.#isUsable = [...read.values()].some(({ broken }) => !broken);
    const before = this.#keys;
    this.#named = new Set(
      [...read.values()].flatMap(({ broken, options }) => broken ? [] : idOf(options) ?? []),
    );
    this.#keys = new Map(
      [...new Set([...read.keys(), ...before.keys()])].map((name): [string, Key] => {
        const [now, old] = [read.get(name), before.get(name)];
        const wasGood = old !== undefined && old.state !== "never good" && old.state !== "reserved";
        if (now?.broken === false) return [name, { state: "good", options: now.options }];
        if (now !== undefined && wasGood) {
          const list = now.strays ? undefined : now.options["namespaces"];
          return [name, { state: "kept", options: closedTo(old.options, list) }];
        }
        if (now !== undefined) {
          const isVague = now.isVague || old?.isVague === true;
          const lists = [old?.options, now.options].flatMap((one) => one?.["namespaces"] ?? []);
          // A list that may go on beside a stray word takes nothing back.
          const both = now.strays && lists.length > 1 ? { namespaces: [lists.join()] } : {};
          const options = { ...old?.options, ...now.options, ...both };
          return [name, { state: "never good", options, isVague }];
        }
        const options = old?.options ?? {};
        if (!wasGood) return [name, { ...old, state: "reserved", options }];
        return [name, { options, state: this.#isUsable || old.state === "removed" ? "removed" : "kept" }];
      }),
    );
    const reserving = [...before].map(([network, { options }]) => ({ network, options })).filter(reserves);
    this.#left = [...this.#left, ...reserving].filter(({ network, options }) => {
      const now = this.#keys.get(network);
      return now === undefined || !reserves(now) || idOf(now.options) !== idOf(options);
    });
    this.forget(had);
  }

  /** What was removed, or left, and no pod has any more. */
  forget(had: Had): void {
    const isAt = ({ options }: Pick<Left, "options">): boolean => {
      const id = idOf(options);
      return id !== undefined && !this.#named.has(id) && had.some(({ vni }) => vni === id);
    };
    for (const [name, key] of this.#keys) {
      const isHeld = had.some(({ network }) => network === name) || reserves(key) && isAt(key);
      if (["removed", "reserved"].includes(key.state) && !isHeld) this.#keys.delete(name);
    }
    this.#left = this.#left.filter(isAt);
  }

  /** Whether nobody knows for whom it is, by its name or VNI: no list is read, and what is like no option may have been one. */
  isUnknown({ network, vni }: Pick<Form, "network" | "vni">): boolean {
    const isOpen = ({ state, options, isVague }: Key): boolean =>
      isVague === true && (state === "never good" || state === "reserved") &&
      options["namespaces"] === undefined;
    const own = this.#keys.get(network);
    if (own !== undefined && isOpen(own)) return true;
    const all = [...this.#keys.values()].filter(({ options }) => idOf(options) === vni);
    return all.some(isOpen) && !all.some(reserves) &&
      !this.#left.some(({ options }) => idOf(options) === vni);
  }

  /** By its name, and by its VNI: another name would be a back door. */
  isClosed(
    { namespace }: { readonly namespace: string },
    { network, vni }: Pick<Form, "network" | "vni">,
  ): boolean {
    const admits = (lists: readonly string[]): boolean => {
      const names = lists.flatMap((list) => list.split(","));
      return names.includes("*") || names.includes(namespace);
    };
    const list = this.#keys.get(network)?.options["namespaces"];
    if (list !== undefined) {
      if (!admits(list)) return true;
    }
    const reserving = [...this.#keys.values(), ...this.#left].filter((one) =>
      reserves(one) && idOf(one.options) === vni
    );
    return reserving.length > 0 && !admits(reserving.flatMap(({ options }) => options["namespaces"] ?? []));
  }
}

/** For those only whom both lists admit. */
function closedTo(options: Options, list: readonly string[] | undefined): Options {
  const [now, old] = [list, options["namespaces"]].map((one) => one?.join().split(","));
  if (now === undefined || now.includes("*")) return options;
  const both = old === undefined || old.includes("*") ? now : now.filter((name) => old.includes(name));
  return { ...options, namespaces: [both.join()] };
}

function idOf(options: Options): number | undefined {
  const id = options["id"]?.[0];
  return id === undefined ? undefined : Number(id);
}

function reserves({ options }: Pick<Left, "options">): boolean {
  return options["namespaces"] !== undefined && options["id"] !== undefined;
}
