// Who has a place in a network that more ask for than it may have?
import { type Form, segmentOf, type Wish } from "./form.ts";

/** A pod as a test knows it. */
export interface KnownPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly created: string;
  readonly ip: string;
  /** Where it has one. */
  readonly ip6?: string;
}

/** What holds for all of them: members that a network may have, and `--restrict-pods`. */
export interface Rules {
  readonly limit: number;
  readonly restrictPods: boolean;
}

/** What is known of it. */
export interface Account extends KnownPod {
  text: string;
  isLabelled: boolean;
  /** What it has, by network. */
  forms: ReadonlyMap<string, Form>;
  /** What it had last of each network whose name has stood in the text since. */
  good: ReadonlyMap<string, Form>;
  /** What its texts have left since all was done: while it stands, a text of which not all can be had may have it again. */
  left: ReadonlyMap<string, Form>;
  /** Names of networks that it holds wherever they lead, and segments that it holds. */
  places: ReadonlySet<string>;
}

/** What it asks for. */
export interface Asked {
  readonly wishes: readonly Wish[];
  readonly forms: readonly Form[];
  /** Names that stand in the text, and are not forbidden. */
  readonly open: ReadonlySet<string>;
}

/** Who holds the place keeps it; the oldest of the others take what is left. */
export function isAdmitted(
  pod: Account,
  { segment, asked, limit }: {
    readonly segment: string;
    readonly asked: ReadonlyMap<Account, Asked>;
    readonly limit: number;
  },
): boolean {
  const candidates = [...asked].flatMap(([one, { forms }]) => {
    const had = [...one.good.values()].filter((form) =>
      holds(one, form) && forms.some(({ network }) => network === form.network)
    );
    const form = [...had, ...forms].find((each) => segmentOf(each) === segment);
    return form === undefined ? [] : [{ one, holder: holds(one, form) }];
  });
  const holders = candidates.filter(({ holder }) => holder);
  const entrants = candidates.filter(({ holder }) => !holder).map(({ one }) => one)
    .sort((a, b) => `${a.created} ${a.uid}` < `${b.created} ${b.uid}` ? -1 : 1);
  const room = Math.max(0, limit - holders.length);
  return holders.some(({ one }) => one === pod) || entrants.slice(0, room).includes(pod);
}

/** In which form it last had each network, if it may have it still. */
export function lastOf({ left, good }: Pick<Account, "left" | "good">): ReadonlyMap<string, Form> {
  return new Map([...left, ...good]);
}

/** It is in by its name, or in this segment. */
export function holds({ places }: Pick<Account, "places">, form: Form): boolean {
  return places.has(form.network) || places.has(segmentOf(form));
}
