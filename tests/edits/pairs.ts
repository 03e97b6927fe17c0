// Which pairs must not lose a frame by an edit? Who shares a network that neither of them resolves differently afterwards.
import type { Pair } from "../stories/steady_stream.ts";
import { type Form, isSameOrKept, segmentOf } from "./form.ts";
import { obstructed, type Seen } from "./kernels.ts";
import { linkLocalOf, networkOf, numbersOf } from "./look.ts";

/** Pairs that are watched during an edit. */
const mostPairs = 3;

/** Those who share a network that neither of them resolves differently now, and whose links stand and are up. */
export function steadyPairs(
  before: readonly Seen[],
  after: ReadonlyMap<string, ReadonlyMap<string, Form>>,
): readonly Pair[] {
  const ends = before.flatMap((seen) => {
    const now = after.get(seen.pod) ?? new Map<string, Form>();
    const stuck = obstructed(seen).union(obstructed({ ...seen, forms: now }));
    const isSteady = (form: Form): boolean => {
      if (stuck.has(form.network) || !isSameOrKept(form, now.get(form.network))) return false;
      if (form.dev === "eth0") return true;
      const below = [...seen.forms.values()].find(({ interfaceName }) => interfaceName === form.dev);
      return below !== undefined && isSteady(below);
    };
    return [...seen.forms.values()].filter(isSteady).flatMap((form) => {
      const link = seen.look.links.find((one) =>
        networkOf(one) === form.network && numbersOf(one) === `${form.vni}/${form.port}`
      );
      const address = link && linkLocalOf(link);
      return address === undefined ? [] : [{ pod: seen.pod, form, address }];
    });
  });
  return ends.flatMap(({ pod: from, form }) =>
    ends.filter((to) => to.pod > from && segmentOf(to.form) === segmentOf(form)).map(
      ({ pod: to, address }) => {
        const { network, interfaceName } = form;
        return { from, to, network, interfaceName, address };
      },
    )
  );
}

/** Spread over all of them, since the first ones are all of one pod. */
export function someOf(pairs: readonly Pair[]): readonly Pair[] {
  const step = Math.max(1, pairs.length / mostPairs);
  return pairs.filter((_, at) => Math.floor(at % step) === 0).slice(0, mostPairs);
}
