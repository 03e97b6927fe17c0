// What do the kernels have of before that the texts do not say, and which stays as long as a pod has a network?
import type { Form } from "./form.ts";
import type { Seen } from "./kernels.ts";
import { addressesIn, linkOf } from "./look.ts";
import { routesIn, type StandingRoutes } from "./ways.ts";

/** Of each pod, by network. */
type FormsOfPods = ReadonlyMap<string, ReadonlyMap<string, Form>>;

/** What stays as long as a pod has a network, and which the texts do not say; by pod and network. */
export class Remembered {
  readonly macs = new Map<string, string>();
  readonly given = new Map<string, readonly string[]>();
  readonly routes = new Map<string, StandingRoutes>();

  /** What may be left of it after these states, of which not all need have come to anything. */
  through(before: FormsOfPods, states: readonly FormsOfPods[]): readonly Remembered[] {
    const others = (isSame: (was: Form, is: Form | undefined) => boolean): readonly string[] =>
      [...before].flatMap(([pod, forms]) =>
        [...forms.values()]
          .filter((was) =>
            !states.slice(0, -1).every((state) => isSame(was, state.get(pod)?.get(was.network)))
          )
          .map(({ network }) => `${pod} ${network}`)
      );
    const routes = others((was, is) => JSON.stringify(was) === JSON.stringify(is));
    const given = others((was, is) => `${was.pool}` === `${is?.pool}`);
    const all = this.#without({ routes: [], given: [] });
    const less = this.#without({ routes, given });
    return all.text === less.text ? [all] : [all, less];
  }

  #without({ routes, given }: Record<"routes" | "given", readonly string[]>): Remembered {
    const copy = new Remembered();
    for (const [key, mac] of this.macs) copy.macs.set(key, mac);
    for (const [key, addresses] of this.given) if (!given.includes(key)) copy.given.set(key, addresses);
    for (const [key, standing] of this.routes) if (!routes.includes(key)) copy.routes.set(key, standing);
    return copy;
  }

  /** Equal text: it says the same. */
  get text(): string {
    return JSON.stringify([[...this.given], [...this.routes]]);
  }

  /** After everything was found to be right. */
  note(seen: readonly Seen[]): void {
    for (const { pod, forms, look } of seen) {
      for (const key of this.given.keys()) {
        const [of, network = ""] = key.split(" ");
        if (of === pod && (forms.get(network)?.pool ?? []).length === 0) this.given.delete(key);
      }
      for (const form of forms.values()) {
        const link = linkOf(form, look);
        const key = `${pod} ${form.network}`;
        if (link !== undefined && form.mac === undefined) this.macs.set(key, link.address);
        if (link !== undefined && form.pool.length > 0) this.given.set(key, addressesIn(link));
        if (link === undefined) this.routes.delete(key);
        else this.routes.set(key, routesIn(link, look));
      }
    }
  }
}
