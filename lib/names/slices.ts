// Which slices are to be written so that they list these endpoints, as few as can be? Pure.
import type { Family } from "../network/grammar/address.ts";
import type { Endpoint } from "./endpoints.ts";

/** A slice of ours as it was last seen. */
export interface SliceView {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly namespace: string;
  readonly name: string;
  /** Name of its Service. */
  readonly service: string;
  /** Undefined: a kind of addresses that we do not write. */
  readonly family: Family | undefined;
  readonly endpoints: readonly Endpoint[];
  /** Everything in it but the endpoints, as text: equal text, nothing to change. */
  readonly frame: string;
}

/** One write. */
export type SliceChange =
  | { readonly kind: "create"; readonly family: Family; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: "update"; readonly slice: SliceView; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: "delete"; readonly slice: SliceView };

/** As many as Kubernetes puts into one. */
export const endpointsPerSlice = 100;

/**
 * Endpoints stay in the slice that has them. New ones go where something changes anyway, then into the fullest slice that
 * takes all that are left, then into new ones. An empty slice goes. New ones are written before others are changed, so
 * that nobody who moves is missing for a moment.
 */
export function sliceChanges(
  wanted: readonly Endpoint[],
  { existing, frame }: {
    readonly existing: readonly SliceView[];
    readonly frame: (family: Family) => string;
  },
): readonly SliceChange[] {
  const odd = existing.filter(({ family }) => family === undefined);
  const changes = ([4, 6] as const).flatMap((family) =>
    changesOf(wanted.filter((endpoint) => endpoint.family === family), {
      family,
      existing: existing.filter((slice) => slice.family === family),
      frame: frame(family),
    })
  );
  const order = { create: 0, update: 1, delete: 2 };
  return [...changes, ...odd.map((slice) => ({ kind: "delete", slice }) as const)]
    .sort((a, b) => order[a.kind] - order[b.kind]);
}

interface Filling {
  readonly slice: SliceView;
  readonly endpoints: Endpoint[];
  changed: boolean;
}

function changesOf(
  wanted: readonly Endpoint[],
  { family, existing, frame }: {
    readonly family: Family;
    readonly existing: readonly SliceView[];
    readonly frame: string;
  },
): readonly SliceChange[] {
  const left = new Map(wanted.map((endpoint) => [keyOf(endpoint), endpoint]));
  const fillings = [...existing].sort((a, b) => a.name < b.name ? -1 : 1).map((slice): Filling => {
    const endpoints = slice.endpoints.slice(0, endpointsPerSlice).flatMap((endpoint) => {
      const now = left.get(keyOf(endpoint));
      left.delete(keyOf(endpoint));
      return now ?? [];
    });
    return { slice, endpoints, changed: slice.frame !== frame || !areEqual(endpoints, slice.endpoints) };
  });
  const news = [...left.values()];
  const fullest = (a: Filling, b: Filling): number => b.endpoints.length - a.endpoints.length;
  for (const filling of fillings.filter(({ changed }) => changed).sort(fullest)) fill(filling, news);
  const room =
    fillings.filter(({ changed, endpoints }) =>
      !changed && endpoints.length + news.length <= endpointsPerSlice
    ).sort(fullest)[0];
  if (room !== undefined && news.length > 0) fill(room, news);
  const created: SliceChange[] = [];
  while (news.length > 0) {
    created.push({ kind: "create", family, endpoints: news.splice(0, endpointsPerSlice) });
  }
  const changed = fillings.filter((filling) => filling.changed || filling.endpoints.length === 0);
  return [
    ...created,
    ...changed.map(({ slice, endpoints }): SliceChange =>
      endpoints.length === 0 ? { kind: "delete", slice } : { kind: "update", slice, endpoints }
    ),
  ];
}

/** Moves from the news as many as there is room for. */
function fill(filling: Filling, news: Endpoint[]): void {
  const taken = news.splice(0, endpointsPerSlice - filling.endpoints.length);
  if (taken.length === 0) return;
  filling.endpoints.push(...taken);
  filling.changed = true;
}

function keyOf({ uid, address }: Endpoint): string {
  return `${uid}/${address}`;
}

function areEqual(some: readonly Endpoint[], others: readonly Endpoint[]): boolean {
  return some.length === others.length && some.every((one, at) => textOf(one) === textOf(others[at]));
}

/** All that a slice says of it, in one order. */
function textOf(one: Endpoint | undefined): string {
  if (one === undefined) return "";
  const { address, uid, pod, hostname, node, ready, serving, terminating } = one;
  return JSON.stringify([address, uid, pod, hostname, node, ready, serving, terminating]);
}
