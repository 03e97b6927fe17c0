// What should every pod have after each edit? Worked out from the texts alone, by the rules of the documents.
import type { Edit, LabelEdit } from "../controller/store/random_edits.ts";
import { type Form, formOf, isFree, isSame, segmentOf, settled, type Wish } from "./form.ts";
import { ClusterKeys } from "./keys.ts";
import { type Account, type Asked, holds, isAdmitted, type KnownPod, lastOf, type Rules } from "./places.ts";
import { readAnnotation } from "./reading.ts";

/** Starts with a ConfigMap that says everything rightly, and with pods that have nothing yet. */
export class Ledger {
  readonly #limit: number;
  readonly #restrictPods: boolean;
  #pods: ReadonlyMap<string, Account>;
  #keys = new ClusterKeys();

  constructor(pods: readonly KnownPod[], { limit, restrictPods }: Rules) {
    this.#limit = limit;
    this.#restrictPods = restrictPods;
    this.#pods = new Map(pods.map((pod) => [
      pod.name,
      { ...pod, text: "", isLabelled: true, ...nothing() },
    ]));
  }

  /** What each pod has now, by its name and that of the network. Without its label it has nothing. */
  get forms(): ReadonlyMap<string, ReadonlyMap<string, Form>> {
    return new Map([...this.#pods].map(([name, { forms }]) => [name, forms]));
  }

  get pods(): readonly KnownPod[] {
    return [...this.#pods.values()];
  }

  get labelled(): readonly KnownPod[] {
    return [...this.#pods.values()].filter(({ isLabelled }) => isLabelled);
  }

  copy(): Ledger {
    const copy = new Ledger([], { limit: this.#limit, restrictPods: this.#restrictPods });
    copy.#pods = new Map([...this.#pods].map(([name, pod]) => [name, { ...pod }]));
    copy.#keys = this.#keys.copy({ isRead: true });
    return copy;
  }

  isLabelled(pod: string): boolean {
    return this.#of(pod).isLabelled;
  }

  /** `isDone`: by then nothing stands any more of what the texts of before had left. */
  apply(edit: Edit | LabelEdit, { isDone = true }: { readonly isDone?: boolean } = {}): void {
    if (isDone) { for (const pod of this.#pods.values()) pod.left = new Map(); }
    this.#put(edit);
    this.#settle();
  }

  /** Some of what a text has left may stand still, and come back with the next. */
  get mayReturn(): boolean {
    return [...this.#pods.values()].some(({ left }) => left.size > 0);
  }

  /** All texts are right, and every pod has its networks as its text says, or not at all. */
  get isPlain(): boolean {
    return this.#keys.areGood &&
      [...this.#pods.values()].every((pod) =>
        this.keptBy(pod.name).length === 0 && pod.good.size === pod.forms.size
      );
  }

  /** Networks that a pod has otherwise than its text says. */
  keptBy(name: string): readonly Form[] {
    const pod = this.of(name);
    const { wishes } = this.askedBy(name);
    return [...pod.forms.values()].filter((form) =>
      !isSame(form, wishes.find(({ network }) => network === form.network)?.form)
    );
  }

  askedBy(name: string): Asked {
    return this.#askedBy(this.of(name));
  }

  /** What of the keys one would remember who has not read any. */
  get memory(): string {
    return this.#keys.copy({ isRead: false }).text;
  }

  /** By one who finds all edits made. `isRead`: all keys of `keys` were read by him, too; else he remembers what is remembered. */
  readAtOnce(
    edits: readonly Edit[],
    { keys, isRead }: { readonly keys: Ledger; readonly isRead: boolean },
  ): Ledger {
    const next = this.copy();
    next.#keys = keys.#keys.copy({ isRead });
    for (const edit of edits) next.#put(edit);
    next.#settle();
    return next;
  }

  /** Where nothing is left of these in the kernels; of the others that cannot be resolved these tell. */
  foundWithout(gone: readonly { readonly pod: string; readonly network: string }[]): Ledger {
    const found = this.copy();
    for (const { pod: name, network } of gone) {
      const pod = found.#of(name);
      const isOther = ([one]: readonly [string, Form]): boolean => one !== network;
      pod.forms = new Map([...pod.forms].filter(isOther));
      pod.good = new Map([...pod.good].filter(isOther));
      pod.places = new Set([...pod.places].filter((one) => one.split("/")[0] !== network));
    }
    found.#settle();
    for (const pod of found.#pods.values()) {
      const { wishes } = found.#askedBy(pod);
      const kept = found.keptBy(pod.name).map((form): [string, Form] => {
        const peers = wishes.find(({ network }) => network === form.network)?.said.peers ?? [];
        return [form.network, { ...form, loose: peers }];
      });
      pod.forms = new Map([...pod.forms, ...kept]);
      pod.good = new Map([...pod.good, ...kept]);
    }
    return found;
  }

  #put(edit: Edit | LabelEdit): void {
    if (edit.kind === "configmap") this.#keys.read(edit.data ?? {}, this.#had());
    else if (edit.kind === "label") {
      const pod = this.#of(edit.pod);
      Object.assign(pod, {
        isLabelled: !pod.isLabelled,
        ...nothing(),
      });
    } else {
      const pod = this.#of(edit.pod);
      // Its own edit leads it where it has no place yet.
      const places = [...pod.good.values()].filter((form) => holds(pod, form)).map(segmentOf);
      if (edit.text !== pod.text) Object.assign(pod, { text: edit.text, places: new Set(places) });
    }
  }

  /** What is known of a pod. */
  of(name: string): Readonly<Account> {
    return this.#of(name);
  }

  #of(name: string): Account {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new Error(`Cannot edit ${name}: there is no such pod`);
    return pod;
  }

  /** Until nothing follows from anything any more. */
  #settle(): void {
    for (let before = ""; before !== this.text;) {
      before = this.text;
      this.#keys.forget(this.#had());
      const asked = new Map([...this.#pods.values()].map((pod) => [pod, this.#askedBy(pod)]));
      for (const pod of this.#pods.values()) this.#give(pod, asked);
    }
  }

  #had(): readonly Form[] {
    return [...this.#pods.values()].flatMap(({ good }) => [...good.values()]);
  }

  /** Equal text: nothing tells them apart. */
  get text(): string {
    const pods = [...this.#pods.values()].map(({ forms, good, places, text, isLabelled }) => [
      [...forms],
      [...good],
      [...places],
      text,
      isLabelled,
    ]);
    return JSON.stringify([pods, this.#keys.text]);
  }

  /** What a pod would have if no network were ever full, and the names that it must not lose. */
  #askedBy(pod: Account): Asked {
    if (!pod.isLabelled) return { wishes: [], forms: [], open: new Set() };
    const { entries, complete, twice } = readAnnotation(pod.text);
    const last = lastOf(pod);
    const out = new Set<string>();
    const wishes = entries.map(({ network, options: own, broken }): Wish => {
      const key = this.#keys.get(network);
      const before = last.get(network);
      const had = before !== undefined && this.#keys.isClosed(pod, before) ? undefined : before;
      const isHolder = had !== undefined && !had.aside;
      const isGood = key !== undefined && key.state !== "never good" && key.state !== "reserved";
      const isGiven = isGood &&
        (key.state !== "removed" || isHolder);
      const cluster = isGiven ? key.options : {};
      const id = (own["id"] ?? cluster["id"])?.[0];
      const all = { ...key?.options, ...own };
      // Of a key that never was good nobody knows which link it meant.
      const said = { options: isGood ? all : own, peers: all["peer"] ?? [], whole: isGood };
      const isNamed = isGiven || key?.state === "never good" ||
        key?.state === "reserved" && had !== undefined;
      const givesItself = this.#restrictPods &&
        ["id", "dev", "peer"].some((option) => own[option] !== undefined);
      const isRestricted = givesItself || this.#restrictPods && !isNamed;
      // Only a ConfigMap that says something says that what it does not name is not to be.
      const isLost = givesItself || isRestricted && this.#keys.isUsable && key?.state !== "reserved";
      if (isLost || this.#keys.isClosed(pod, { network, vni: Number(id) })) {
        out.add(network);
        return { network, said };
      }
      // Only a good key leads where it is not known for whom that is.
      const isLed = key?.state === "good" && Number(key.options["id"]?.[0]) === Number(id);
      const isUnknown = id !== undefined && !isLed && this.#keys.isUnknown({ network, vni: Number(id) });
      const stays = isRestricted || isUnknown || broken || twice.has(network) && had !== undefined;
      const aside = key?.state === "removed" && !isGiven;
      const form = stays
        ? undefined
        : formOf(network, { cluster, own, aside, hasIpv6: pod.ip6 !== undefined });
      return { network, said, ...(had !== undefined && { last: had }), ...(form !== undefined && { form }) };
    });
    const named = new Set(entries.map(({ network }) => network));
    // Of a text that cannot be read as a whole nobody knows what it leaves out.
    const unnamed = complete ? [] : [...last.values()].filter(({ network }) => !named.has(network));
    const kept = unnamed.filter((form) => !this.#keys.isClosed(pod, form));
    const forms = [...kept, ...settled(wishes, kept)];
    const isMade = (name: string): boolean => forms.some(({ network }) => network === name);
    const open = new Set(
      [...named].filter((name) => isMade(name) || !(out.has(name) || this.#hasLost(pod, name))),
    );
    return { wishes, forms, open: new Set([...open, ...kept.map(({ network }) => network)]) };
  }

  /** It leads where the pod may not be any more. */
  #hasLost(pod: Account, network: string): boolean {
    const had = lastOf(pod).get(network);
    return had !== undefined && this.#keys.isClosed(pod, had);
  }

  #give(pod: Account, asked: ReadonlyMap<Account, Asked>): void {
    const { forms, open } = asked.get(pod) ?? { forms: [], open: new Set<string>() };
    const isIn = (form: Form): boolean =>
      isAdmitted(pod, { segment: segmentOf(form), asked, limit: this.#limit });
    const last = new Map([...lastOf(pod)].filter(([name, form]) => isIn(form) && !this.#hasLost(pod, name)));
    // Who has changed, and is in the way of what is kept, stays as it was too.
    const back = new Set(forms.filter((form) => !isIn(form)).map(({ network }) => network));
    let [inside, kept]: [readonly Form[], Form[]] = [[], []];
    for (let before = -1; before < back.size;) {
      before = back.size;
      inside = forms.filter(({ network }) => !back.has(network));
      kept = [];
      for (const name of back) {
        const form = last.get(name);
        if (form === undefined || isFree(form, [...inside, ...kept])) kept.push(...form ? [form] : []);
        else {
          const isInWay = (one: Form): boolean => !isFree(one, [form]) && !isSame(one, last.get(one.network));
          for (const one of inside) if (last.has(one.network) && isInWay(one)) back.add(one.network);
        }
      }
    }
    const made = [...inside, ...kept].sort((a, b) => a.network < b.network ? -1 : 1);
    const segments = new Set(forms.map(segmentOf));
    const taken = made.map((form) => segments.has(segmentOf(form)) ? form.network : segmentOf(form));
    const isMade = (name: string): boolean => made.some(({ network }) => network === name);
    const places = [...pod.places, ...taken].filter((one) => {
      const [name = ""] = one.split("/");
      return open.has(name) && (isMade(name) || !this.#hasLost(pod, name));
    });
    const named = new Set([...names(pod), ...made.map(({ network }) => network)]);
    pod.left = new Map([...lastOf(pod)].filter(([name]) => !named.has(name)));
    pod.forms = new Map(made.map((form) => [form.network, form]));
    pod.good = new Map([...[...pod.good].filter(([name]) => open.has(name)), ...pod.forms]);
    pod.places = new Set(places.sort());
  }
}

function nothing(): Pick<Account, "forms" | "good" | "left" | "places"> {
  return { forms: new Map(), good: new Map(), left: new Map(), places: new Set() };
}

function names({ text }: Account): readonly string[] {
  return readAnnotation(text).entries.map(({ network }) => network);
}
