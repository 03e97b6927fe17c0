// What should every pod have after each edit? Worked out from the texts alone, by the rules of the documents.
import type { Edit, LabelEdit } from "../controller/store/random_edits.ts";
import { type Form, formOf, isFree, isSame, segmentOf } from "./form.ts";
import { type Options, readAnnotation, readCluster } from "./reading.ts";

/** A pod as a test knows it. */
export interface KnownPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly created: string;
  readonly ip: string;
}

interface Account extends KnownPod {
  text: string;
  isLabelled: boolean;
  /** By network. What it has, or had while the name still stands in the text. */
  forms: ReadonlyMap<string, Form>;
  /** Names of networks that it holds wherever they lead, and segments that it holds. */
  places: ReadonlySet<string>;
}

interface Key {
  readonly state: "good" | "kept" | "removed" | "never good";
  readonly options: Options;
}

interface Wish {
  readonly network: string;
  readonly form?: Form;
  readonly last?: Form;
}

/** Starts with a ConfigMap that says everything rightly, and with pods that have nothing yet. */
export class Ledger {
  readonly #limit: number;
  readonly #pods: ReadonlyMap<string, Account>;
  #keys = new Map<string, Key>();

  constructor(pods: readonly KnownPod[], { limit }: { readonly limit: number }) {
    this.#limit = limit;
    this.#pods = new Map(pods.map((pod) => [
      pod.name,
      { ...pod, text: "", isLabelled: true, forms: new Map(), places: new Set() },
    ]));
  }

  /** What each pod has now, by its name and that of the network. Without its label it has nothing. */
  get forms(): ReadonlyMap<string, ReadonlyMap<string, Form>> {
    return new Map([...this.#pods].map(([name, { forms }]) => [name, forms]));
  }

  get pods(): readonly KnownPod[] {
    return [...this.#pods.values()];
  }

  isLabelled(pod: string): boolean {
    return this.#of(pod).isLabelled;
  }

  apply(edit: Edit | LabelEdit): void {
    if (edit.kind === "configmap") this.#readKeys(edit.data ?? {});
    else if (edit.kind === "label") {
      const pod = this.#of(edit.pod);
      Object.assign(pod, { isLabelled: !pod.isLabelled, forms: new Map(), places: new Set() });
    } else {
      const pod = this.#of(edit.pod);
      // Its own edit leads it where it has no place yet.
      const places = [...pod.forms.values()].filter((form) => holds(pod, form)).map(segmentOf);
      if (edit.text !== pod.text) Object.assign(pod, { text: edit.text, places: new Set(places) });
    }
    this.#settle();
  }

  #of(name: string): Account {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new Error(`Cannot edit ${name}: there is no such pod`);
    return pod;
  }

  #readKeys(data: Readonly<Record<string, string>>): void {
    const read = new Map(Object.entries(data).map(([key, text]) => [key, readCluster(text)]));
    const isUsable = [...read.values()].some(({ broken }) => !broken);
    const keys = new Map<string, Key>();
    for (const name of new Set([...read.keys(), ...this.#keys.keys()])) {
      const [now, before] = [read.get(name), this.#keys.get(name)];
      if (now?.broken === false) keys.set(name, { state: "good", options: now.options });
      else if (before === undefined || before.state === "never good") {
        if (now !== undefined) keys.set(name, { state: "never good", options: now.options });
      } else if (now !== undefined) keys.set(name, { ...before, state: "kept" });
      else keys.set(name, { ...before, state: isUsable || before.state === "removed" ? "removed" : "kept" });
    }
    this.#keys = keys;
  }

  /** Until nothing follows from anything any more. */
  #settle(): void {
    for (let before = ""; before !== this.#text();) {
      before = this.#text();
      const had = new Set([...this.#pods.values()].flatMap(({ forms }) => [...forms.keys()]));
      for (const [name, { state }] of this.#keys) {
        if (state === "removed" && !had.has(name)) this.#keys.delete(name);
      }
      const asked = new Map([...this.#pods.values()].map((pod) => [pod, this.#askedBy(pod)]));
      for (const pod of this.#pods.values()) this.#give(pod, asked);
    }
  }

  #text(): string {
    const pods = [...this.#pods.values()].map(({ forms, places }) => [[...forms], [...places]]);
    return JSON.stringify([pods, [...this.#keys]]);
  }

  /** What a pod would have if no network were ever full, and the names that it must not lose. */
  #askedBy(pod: Account): Asked {
    if (!pod.isLabelled) return { forms: [], open: new Set() };
    const { entries, complete, twice } = readAnnotation(pod.text);
    const out = new Set<string>();
    const wishes = entries.map(({ network, options: own, broken }): Wish => {
      const key = this.#keys.get(network);
      const before = pod.forms.get(network);
      const had = before !== undefined && this.#isClosed(pod, before) ? undefined : before;
      const isHolder = had !== undefined && !had.aside;
      const isGiven = key !== undefined && key.state !== "never good" &&
        (key.state !== "removed" || isHolder);
      const cluster = isGiven ? key.options : {};
      const id = (own["id"] ?? cluster["id"])?.[0];
      if (this.#isClosed(pod, { network, vni: Number(id) })) {
        out.add(network);
        return { network };
      }
      const last = had === undefined ? {} : { last: had };
      const stays = broken || twice.has(network) && had !== undefined;
      const aside = key?.state === "removed" && !isGiven;
      const form = stays ? undefined : formOf(network, { cluster, own, aside });
      return { network, ...last, ...(form !== undefined && { form }) };
    });
    const named = new Set(entries.map(({ network }) => network));
    // Of a text that cannot be read as a whole nobody knows what it leaves out.
    const unnamed = complete ? [] : [...pod.forms.values()].filter(({ network }) => !named.has(network));
    const kept = unnamed.filter((form) => !this.#isClosed(pod, form));
    const forms = [...kept, ...settled(wishes, kept)];
    const isMade = (name: string): boolean => forms.some(({ network }) => network === name);
    const open = new Set(
      [...named].filter((name) => isMade(name) || !(out.has(name) || this.#hasLost(pod, name))),
    );
    return { forms, open: new Set([...open, ...kept.map(({ network }) => network)]) };
  }

  /** By its name, and by its VNI: another name would be a back door. */
  #isClosed({ namespace }: Account, { network, vni }: Pick<Form, "network" | "vni">): boolean {
    const admits = (lists: readonly string[]): boolean => {
      const names = lists.flatMap((list) => list.split(","));
      return names.includes("*") || names.includes(namespace);
    };
    const list = this.#keys.get(network)?.options["namespaces"];
    if (list !== undefined) {
      if (!admits(list)) return true;
    }
    const reserving = [...this.#keys.values()].filter(({ options }) =>
      options["namespaces"] !== undefined && Number(options["id"]?.[0]) === vni
    );
    return reserving.length > 0 && !admits(reserving.flatMap(({ options }) => options["namespaces"] ?? []));
  }

  /** It leads where the pod may not be any more. */
  #hasLost(pod: Account, network: string): boolean {
    const had = pod.forms.get(network);
    return had !== undefined && this.#isClosed(pod, had);
  }

  #give(pod: Account, asked: ReadonlyMap<Account, Asked>): void {
    const { forms, open } = asked.get(pod) ?? { forms: [], open: new Set<string>() };
    const isIn = (form: Form): boolean => this.#isAdmitted(pod, { segment: segmentOf(form), asked });
    const inside = forms.filter(isIn);
    const kept: Form[] = [];
    for (const { network } of forms.filter((form) => !isIn(form))) {
      const last = pod.forms.get(network);
      if (last === undefined || !isIn(last) || this.#hasLost(pod, network)) continue;
      if (isFree(last, [...inside, ...kept])) kept.push(last);
    }
    const made = [...inside, ...kept].sort((a, b) => a.network < b.network ? -1 : 1);
    const segments = new Set(forms.map(segmentOf));
    const taken = made.map((form) => segments.has(segmentOf(form)) ? form.network : segmentOf(form));
    const isMade = (name: string): boolean => made.some(({ network }) => network === name);
    const places = [...pod.places, ...taken].filter((one) => {
      const [name = ""] = one.split("/");
      return open.has(name) && (isMade(name) || !this.#hasLost(pod, name));
    });
    pod.forms = new Map(made.map((form) => [form.network, form]));
    pod.places = new Set(places.sort());
  }

  /** Who holds the place keeps it; the oldest of the others take what is left. */
  #isAdmitted(
    pod: Account,
    { segment, asked }: { readonly segment: string; readonly asked: ReadonlyMap<Account, Asked> },
  ): boolean {
    const candidates = [...asked].flatMap(([one, { forms }]) => {
      const had = [...one.forms.values()].filter((form) =>
        holds(one, form) && forms.some(({ network }) => network === form.network)
      );
      const form = [...had, ...forms].find((each) => segmentOf(each) === segment);
      return form === undefined ? [] : [{ one, holder: holds(one, form) }];
    });
    const holders = candidates.filter(({ holder }) => holder);
    const entrants = candidates.filter(({ holder }) => !holder).map(({ one }) => one)
      .sort((a, b) => `${a.created} ${a.uid}` < `${b.created} ${b.uid}` ? -1 : 1);
    const room = Math.max(0, this.#limit - holders.length);
    return holders.some(({ one }) => one === pod) || entrants.slice(0, room).includes(pod);
  }
}

interface Asked {
  readonly forms: readonly Form[];
  /** Names that stand in the text, and are not forbidden. */
  readonly open: ReadonlySet<string>;
}

function holds({ places }: Pick<Account, "places">, form: Form): boolean {
  return places.has(form.network) || places.has(segmentOf(form));
}

/** What a pod has goes before what it asks for: the same, then what falls back on it, then what has changed, then what is new. */
function settled(wishes: readonly Wish[], kept: readonly Form[]): readonly Form[] {
  const back = new Set(wishes.filter(({ form, last }) => form === undefined && last !== undefined));
  for (;;) {
    const rank = (wish: Wish): number => {
      if (wish.last === undefined) return 3;
      return back.has(wish) ? 1 : isSame(wish.form, wish.last) ? 0 : 2;
    };
    const made: Form[] = [];
    const fallen: Wish[] = [];
    for (const wish of wishes.toSorted((a, b) => rank(a) - rank(b))) {
      const form = back.has(wish) ? wish.last : wish.form;
      if (form === undefined) continue;
      if (isFree(form, [...kept, ...made])) made.push(form);
      else if (rank(wish) === 2) fallen.push(wish);
    }
    if (fallen.length === 0) return made;
    for (const wish of fallen) back.add(wish);
  }
}
