// Which VNIs are for some namespaces only, and until when: as long as anybody is there, whatever became of the entry.
import type { Network } from "../network.ts";
import type { ClusterOptions } from "../grammar/annotation.ts";
import type { OptionSet } from "../grammar/option_table.ts";

/** A VNI that is for some namespaces only: one network that has it, and whom all such networks admit together. */
export interface Reservation {
  readonly network: string;
  readonly namespaces: readonly string[];
  /** The entry never was good, and a word in it may have been meant for its list: whom it admits is not known. */
  readonly isUnknown?: true;
}

/** A VNI in which pods of a network are though its entry has another, or none, by now. */
export interface LeftBehind extends Reservation {
  readonly id: number;
}

/** Stands for a VNI where networks' names are keys: none is called so. */
export function vniKey(vni: number): string {
  return `#${vni}`;
}

/** What a pod has, by name and VNI; and that it may have anything that its namespace may, while it was not looked into. */
export function heldKeys(
  networks: readonly Pick<Network, "name" | "vni">[],
  unseen: { readonly namespace: string } | undefined,
): readonly string[] {
  return [
    ...networks.flatMap(({ name, vni }) => [name, vniKey(vni)]),
    ...(unseen === undefined ? [] : [unseenKey(unseen.namespace), unseenKey("*")]),
  ];
}

function unseenKey(namespace: string): string {
  return `?${namespace}`;
}

/** Whether any pod has one of the `heldKeys`. */
export type IsHeld = (key: string) => boolean;

interface Entry {
  readonly state?: string;
  readonly isVague?: boolean;
  readonly options: OptionSet;
}

type Entries = ReadonlyMap<string, Entry>;

/** Whether an entry gives options to anybody; one that never was good only reserves. */
export function isGood({ state }: Entry): boolean {
  return state !== "unreadable" && state !== "reserved";
}

/** Whether nobody knows for whom the network is: another word may have been meant for `namespaces=`. */
export function isUnknown(entry: Entry): boolean {
  return entry.isVague === true && !isGood(entry) && entry.options.namespaces === undefined;
}

/** Who has what, seen from an entry that is gone or has changed. */
export interface Holders {
  /** By its name; or, where it is for some only, by its VNI under another name, or so it may be. */
  readonly have: (name: string, options: OptionSet) => boolean;
  /** Whether anybody is, or may be, where an entry has led before. */
  readonly areIn: (left: LeftBehind) => boolean;
}

/** Of a VNI that an entry names now the operator has said anew for whom it is: nothing of before counts. */
export function holding(
  isHeld: IsHeld,
  entries: Iterable<{ readonly options: OptionSet | undefined }>,
): Holders {
  const named = new Set([...entries].map(({ options }) => options?.id));
  return {
    have: (name, options) => {
      const { id, ...nameless } = options;
      return holdsOf(name, named.has(id) ? nameless : options).some(isHeld);
    },
    areIn: (left) => !named.has(left.id) && placesOf(left).some(isHeld),
  };
}

/** By what an entry is held: its name and, if it is for some only, its VNI under whatever name, and by who may have either. */
export function holdsOf(name: string, options: OptionSet): readonly string[] {
  return options.namespaces === undefined ? [name] : [name, ...placesOf(options)];
}

function placesOf({ id, namespaces = [] }: OptionSet): readonly string[] {
  return [...(id === undefined ? [] : [vniKey(id)]), ...namespaces.map(unseenKey)];
}

/** The options, for those only whom both lists admit. */
export function narrowed(options: OptionSet, list: readonly string[] | undefined): OptionSet {
  const { namespaces = ["*"] } = options;
  if (list === undefined || list.includes("*")) return options;
  const both = namespaces.includes("*") ? list : list.filter((one) => namespaces.includes(one));
  return { ...options, namespaces: both };
}

/** For whom an entry is that cannot be read: by its list if that is certain, else by what it or the one before names. */
export function listed(
  { certain, reservation }: Pick<ClusterOptions, "certain" | "reservation">,
  before: OptionSet | undefined,
): Pick<OptionSet, "namespaces"> {
  const lists = [before?.namespaces, reservation.namespaces].filter((list) => list !== undefined);
  if (lists.length === 0) return {};
  return { namespaces: certain ?? [...new Set(lists.flat())].sort() };
}

/** What entries reserve. */
export function reservationsOf(networks: Entries): readonly LeftBehind[] {
  return [...networks].flatMap(([network, { options: { id, namespaces } }]) =>
    id === undefined || namespaces === undefined ? [] : { network, id, namespaces }
  );
}

/** Several entries with one VNI admit the namespaces of each of them that has a list: the operator wrote them all. */
export function reservedIds(
  networks: Entries,
  left: readonly LeftBehind[],
): ReadonlyMap<number, Reservation> {
  const byId = Map.groupBy([...reservationsOf(networks), ...left], ({ id }) => id);
  const unknown = [...networks].flatMap(([network, entry]): [number, Reservation][] => {
    const { id } = entry.options;
    return id === undefined || !isUnknown(entry) ? [] : [[id, { network, namespaces: [], isUnknown: true }]];
  });
  const known = [...byId].map(([id, all]): [number, Reservation] => [id, {
    network: all[0]?.network ?? "",
    namespaces: all.flatMap(({ namespaces }) => namespaces),
  }]);
  return new Map([...unknown, ...known]);
}
