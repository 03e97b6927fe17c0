// What may come of edits that are made while no controller is there, or while one goes and another comes?
import type { Edit } from "../controller/store/random_edits.ts";
import { agrees, type Form, isSame, segmentOf } from "./form.ts";
import type { Ledger } from "./ledger.ts";
import { readAnnotation } from "./reading.ts";

/** Who comes, and who goes. */
export interface Change {
  /** Who comes was there all the while, and only led nobody; else it has from the kernels what cannot be resolved. */
  readonly knows: boolean;
  /** Who goes may have heard of some of the edits, and done some of what follows. */
  readonly isBegun: boolean;
}

/** How all may be, and on which ways. */
export interface Outcome {
  readonly ledger: Ledger;
  readonly states: readonly Ledger["forms"][];
}

/**
 * None where that cannot be told: it would be less than before, as docs/limits.md says; or it depends on how far who went had come
 * with several edits.
 */
export function awayWith(
  before: Ledger,
  edits: readonly Edit[],
  { knows, isBegun, limit }: Change & { readonly limit: number },
): readonly Outcome[] {
  const last = edits.filter((edit, at) => !edits.slice(at + 1).some((later) => isOfSame(edit, later)));
  const isBlank = last.some((edit) => edit.kind === "annotation" && edit.text.trim() === "");
  if (isBlank) return [];
  const way = isBegun && edits.length > 1 ? between(before, edits) : [];
  const all = [before, ...way];
  const isRead = knows || !last.some(({ kind }) => kind === "configmap");
  // What is remembered of the keys may be that of any of these.
  const memories = new Map(all.map((one) => [one.memory, one]));
  const nexts = [...memories.values()].map((keys) => before.readAtOnce(last, { keys, isRead }));
  const isTold = nexts.every((next) => isCertain(next, { before, way, limit }));
  return isTold ? nexts.flatMap((next) => found(next, { all, isBegun, way })) : [];
}

/** In the kernels, by who comes. */
function found(
  next: Ledger,
  { all, isBegun, way }: {
    readonly all: readonly Ledger[];
    readonly isBegun: boolean;
    readonly way: readonly Ledger[];
  },
): readonly Outcome[] {
  const gone = isBegun ? next.pods.flatMap(({ name }) => mayBeGone(name, { next, way: all })) : [];
  return subsets(gone).map((gone) => {
    const ledger = next.foundWithout(gone);
    return { ledger, states: [...way.map(({ forms }) => forms), ledger.forms] };
  });
}

function isOfSame(a: Edit, b: Edit): boolean {
  return a.kind === "configmap" ? b.kind === a.kind : b.kind === a.kind && b.pod === a.pod;
}

/** Nobody remembers which addresses we gave to a pod but by its text, and only a link that agrees with the texts is believed. */
function tells(
  name: string,
  { next, had }: { readonly next: Ledger; readonly had: Ledger },
): boolean {
  const { wishes } = next.askedBy(name);
  const isLost = ({ network, addresses, pool }: Form): boolean => {
    const now = next.of(name).forms.get(network);
    return now !== undefined &&
      (`${pool}` !== `${now.pool}` || addresses.some((one) => !now.addresses.includes(one)));
  };
  return ![...had.of(name).forms.values()].some(isLost) && next.keptBy(name).every((form) => {
    const said = wishes.find(({ network }) => network === form.network)?.said;
    return said !== undefined && agrees(form, said) &&
      form.addresses.every((one) => said.options["ip"]?.includes(one));
  });
}

/** All that there may be between the first edit and the last, and with the last, in whichever order they are heard of. */
function between(before: Ledger, edits: readonly Edit[]): readonly Ledger[] {
  return inEveryOrder(edits).flatMap((order) =>
    order.map((_, at) => {
      const ledger = before.copy();
      for (const edit of order.slice(0, at + 1)) ledger.apply(edit);
      return ledger;
    })
  );
}

/** It is the same however far who went had come: nothing that a kernel may hold by then counts. */
function isCertain(
  next: Ledger,
  { before, way, limit }: {
    readonly before: Ledger;
    readonly way: readonly Ledger[];
    readonly limit: number;
  },
): boolean {
  const isFull = way.length > 0 && [before, ...way, next].some((ledger) => isCrowded(ledger, limit));
  return !isFull &&
    next.pods.every(({ name }) =>
      tells(name, { next, had: before }) &&
      way.every((had) => tells(name, { next, had }) && isEqual(name, { next, had }))
    );
}

/** Of what the pod may have had by then everything is as it will be, or is to go. */
function isEqual(name: string, { next, had }: { readonly next: Ledger; readonly had: Ledger }): boolean {
  const { forms, text } = next.of(name);
  const { entries, complete } = readAnnotation(text);
  const { wishes, open } = next.askedBy(name);
  const goes = (network: string): boolean =>
    complete && !(open.has(network) && entries.some((entry) => entry.network === network));
  return [...had.of(name).forms.values()].every((form) => {
    const now = forms.get(form.network);
    const asked = wishes.find(({ network }) => network === form.network)?.form;
    return now === undefined ? goes(form.network) : isSame(now, asked) || isSame(now, form);
  }) && next.keptBy(name).every((form) => isSame(had.of(name).good.get(form.network), form));
}

/** More ask for a network than may have it. */
function isCrowded(ledger: Ledger, limit: number): boolean {
  const asked = ledger.pods.flatMap(({ name }) => {
    const forms = [...ledger.askedBy(name).forms, ...ledger.of(name).good.values()];
    return [...new Set(forms.map(segmentOf))];
  });
  return [...Map.groupBy(asked, (segment) => segment).values()].some(({ length }) => length > limit);
}

interface Gone {
  readonly pod: string;
  readonly network: string;
}

/** Networks that only a kernel can tell of, on an interface that goes or is made anew: the kernel takes theirs along. */
function mayBeGone(
  pod: string,
  { next, way }: { readonly next: Ledger; readonly way: readonly Ledger[] },
): readonly Gone[] {
  const [before] = way;
  const had = [...before?.of(pod).forms.values() ?? []];
  const isShaken = ({ dev }: Form): boolean => {
    const carrier = had.find(({ interfaceName }) => interfaceName === dev);
    if (carrier === undefined) return false;
    const isOther = (ledger: Ledger): boolean => {
      const now = ledger.of(pod).forms.get(carrier.network);
      return now === undefined || segmentOf(now) !== segmentOf(carrier) || now.interfaceName !== dev;
    };
    return [...way, next].some(isOther) || isShaken(carrier);
  };
  return next.keptBy(pod).filter(isShaken).map(({ network }) => ({ pod, network }));
}

function subsets<T>([first, ...others]: readonly T[]): readonly (readonly T[])[] {
  if (first === undefined) return [[]];
  return subsets(others).flatMap((some) => [some, [first, ...some]]);
}

/** Every order in which they may be heard of: those of pods keep theirs, and those of the ConfigMap, which are watched apart. */
export function inEveryOrder<T extends { readonly kind: string }>(
  edits: readonly T[],
): readonly (readonly T[])[] {
  const [ofPods, ofConfigMap] = [false, true].map((is) =>
    edits.filter(({ kind }) => (kind === "configmap") === is)
  );
  return interleaved(ofPods ?? [], ofConfigMap ?? []);
}

/** Every order in which each of the two keeps its own. */
function interleaved<T>(a: readonly T[], b: readonly T[]): readonly (readonly T[])[] {
  const [[first, ...others], [second, ...rest]] = [a, b];
  if (first === undefined) return [b];
  if (second === undefined) return [a];
  return [
    ...interleaved(others, b).map((order) => [first, ...order]),
    ...interleaved(a, rest).map((order) => [second, ...order]),
  ];
}
