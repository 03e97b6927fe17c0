// What should every pod have after each edit? Worked out from the texts alone, by the rules of the documents.
import type { Edit, LabelEdit } from "../controller/store/random_edits.ts";
import { agrees, type Form, formOf, isFree, isSame, segmentOf, settled, type Wish } from "./form.ts";
import { ClusterKeys } from "./keys.ts";
import { type Account, type Asked, holds, isAdmitted, type KnownPod, type Rules } from "./places.ts";
import { readAnnotation } from "./reading.ts";

/** A network of which nothing is left in the pod's kernel. */
interface Gone {
  readonly pod: string;
  readonly network: string;
}

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
      { ...pod, text: "", isLabelled: true, forms: new Map(), good: new Map(), places: new Set() },
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

  apply(edit: Edit | LabelEdit): void {
    this.#put(edit);
    this.#settle();
  }

  /** All texts are right, and every pod has its networks as its text says, or not at all. */
  get isPlain(): boolean {
    return this.#keys.areGood &&
      [...this.#pods.values()].every((pod) =>
        this.#keptBy(pod).length === 0 && pod.good.size === pod.forms.size
      );
  }

  /**
   * What may come of an edit that is made while no controller is there. `knows`: who comes was there all the while, and only led
   * nobody; else it has from the kernels what cannot be resolved. `isBegun`: who was there before may have done some of it.
   * Nothing where that would be less than before, as docs/limits.md says.
   */
  away(
    edit: Edit,
    { knows, isBegun = false }: { readonly knows: boolean; readonly isBegun?: boolean },
  ): readonly Ledger[] {
    const next = this.copy();
    // The text of before the edit is not read by who comes.
    next.#keys = this.#keys.copy({ isRead: knows || edit.kind !== "configmap" });
    next.apply(edit);
    const isBlank = edit.kind === "annotation" && edit.text.trim() === "";
    const tells = [...this.#pods.values()].every((before) => next.#tells(next.#of(before.name), before));
    if (isBlank || !tells) return [];
    const gone = isBegun ? [...next.#pods.values()].flatMap((pod) => next.#mayBeGone(pod, this)) : [];
    return subsets(gone).map((gone) => next.#without(gone));
  }

  /** With the rest as one that has it from the kernels. */
  #without(gone: readonly Gone[]): Ledger {
    const left = this.copy();
    for (const { pod: name, network } of gone) {
      const pod = left.#of(name);
      const isOther = ([one]: readonly [string, Form]): boolean => one !== network;
      pod.forms = new Map([...pod.forms].filter(isOther));
      pod.good = new Map([...pod.good].filter(isOther));
      pod.places = new Set([...pod.places].filter((one) => one.split("/")[0] !== network));
    }
    left.#settle();
    for (const pod of left.#pods.values()) {
      const { wishes } = left.#askedBy(pod);
      const kept = left.#keptBy(pod).map((form): [string, Form] => {
        const peers = wishes.find(({ network }) => network === form.network)?.said.peers ?? [];
        return [form.network, { ...form, loose: peers }];
      });
      pod.forms = new Map([...pod.forms, ...kept]);
      pod.good = new Map([...pod.good, ...kept]);
    }
    return left;
  }

  /** Networks that only a kernel can tell of, on an interface that goes or is made anew: the kernel takes theirs along. */
  #mayBeGone(pod: Account, before: Ledger): readonly Gone[] {
    const had = [...before.#of(pod.name).forms.values()];
    const isShaken = ({ dev }: Form): boolean => {
      const carrier = had.find(({ interfaceName }) => interfaceName === dev);
      if (carrier === undefined) return false;
      const now = pod.forms.get(carrier.network);
      return now === undefined || segmentOf(now) !== segmentOf(carrier) || now.interfaceName !== dev ||
        isShaken(carrier);
    };
    return this.#keptBy(pod).filter(isShaken).map(({ network }) => ({ pod: pod.name, network }));
  }

  /** Networks that a pod has otherwise than its text says. */
  #keptBy(pod: Account): readonly Form[] {
    const { wishes } = this.#askedBy(pod);
    return [...pod.forms.values()].filter((form) =>
      !isSame(form, wishes.find(({ network }) => network === form.network)?.form)
    );
  }

  /** Nobody remembers which addresses we gave to a pod, and only a link that agrees with the texts is believed. */
  #tells(pod: Account, had: Account): boolean {
    const { wishes } = this.#askedBy(pod);
    const isLost = ({ network, addresses, pool }: Form): boolean => {
      const now = pod.forms.get(network);
      return now !== undefined &&
        (`${pool}` !== `${now.pool}` || addresses.some((one) => !now.addresses.includes(one)));
    };
    return ![...had.forms.values()].some(isLost) && this.#keptBy(pod).every((form) => {
      const said = wishes.find(({ network }) => network === form.network)?.said;
      return said !== undefined && agrees(form, said);
    });
  }

  #put(edit: Edit | LabelEdit): void {
    if (edit.kind === "configmap") this.#keys.read(edit.data ?? {}, this.#had());
    else if (edit.kind === "label") {
      const pod = this.#of(edit.pod);
      Object.assign(pod, {
        isLabelled: !pod.isLabelled,
        forms: new Map(),
        good: new Map(),
        places: new Set(),
      });
    } else {
      const pod = this.#of(edit.pod);
      // Its own edit leads it where it has no place yet.
      const places = [...pod.good.values()].filter((form) => holds(pod, form)).map(segmentOf);
      if (edit.text !== pod.text) Object.assign(pod, { text: edit.text, places: new Set(places) });
    }
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
    const out = new Set<string>();
    const wishes = entries.map(({ network, options: own, broken }): Wish => {
      const key = this.#keys.get(network);
      const before = pod.good.get(network);
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
      const last = had === undefined ? {} : { last: had };
      // Only a good key leads where it is not known for whom that is.
      const isLed = key?.state === "good" && Number(key.options["id"]?.[0]) === Number(id);
      const isUnknown = id !== undefined && !isLed && this.#keys.isUnknown({ network, vni: Number(id) });
      const stays = isRestricted || isUnknown || broken || twice.has(network) && had !== undefined;
      const aside = key?.state === "removed" && !isGiven;
      const form = stays
        ? undefined
        : formOf(network, { cluster, own, aside, hasIpv6: pod.ip6 !== undefined });
      return { network, said, ...last, ...(form !== undefined && { form }) };
    });
    const named = new Set(entries.map(({ network }) => network));
    // Of a text that cannot be read as a whole nobody knows what it leaves out.
    const unnamed = complete ? [] : [...pod.good.values()].filter(({ network }) => !named.has(network));
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
    const had = pod.good.get(network);
    return had !== undefined && this.#keys.isClosed(pod, had);
  }

  #give(pod: Account, asked: ReadonlyMap<Account, Asked>): void {
    const { forms, open } = asked.get(pod) ?? { forms: [], open: new Set<string>() };
    const isIn = (form: Form): boolean =>
      isAdmitted(pod, { segment: segmentOf(form), asked, limit: this.#limit });
    const inside = forms.filter(isIn);
    const kept: Form[] = [];
    for (const { network } of forms.filter((form) => !isIn(form))) {
      const last = pod.good.get(network);
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
    pod.good = new Map([...[...pod.good].filter(([name]) => open.has(name)), ...pod.forms]);
    pod.places = new Set(places.sort());
  }
}

function subsets<T>([first, ...others]: readonly T[]): readonly (readonly T[])[] {
  if (first === undefined) return [[]];
  return subsets(others).flatMap((some) => [some, [first, ...some]]);
}
