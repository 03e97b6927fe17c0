// Which of the networks that a pod asks for can it have together, and which does it keep as they were?
import { type Form, isFree, isSame } from "./form.ts";
import type { Options } from "./reading.ts";

/** One network that an annotation names. */
export interface Wish {
  readonly network: string;
  /** What the texts say of it, as far as they can be read; `whole`: what they leave out has its default. */
  readonly said: { readonly options: Options; readonly whole: boolean };
  /** As it is asked for; undefined when it cannot be had so. */
  readonly form?: Form;
  /** As the pod has it. */
  readonly last?: Form;
}

/** What a pod has goes before what it asks for: the same, then what falls back on it, then what has changed, then what is new. */
export function settled(wishes: readonly Wish[], kept: readonly Form[]): readonly Form[] {
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
