// Whom does an edit of the ConfigMap concern? Keys of which something else is said, and keys that a pod hangs on.
import type { ClusterNetworks } from "./cluster_networks.ts";
import type { Network } from "./network.ts";
import type { Problem } from "./problem.ts";
import { vniKey } from "./reserved/reservations.ts";

/** Stands for every key: who did not get all it asked for may get it by any of them. */
const everyKey = "*";

/** What a pod's judgement hangs on: names, and VNIs, which may be reserved; also of what it has and would have otherwise. */
export function keysOf(
  { networks, problems }: { readonly networks: readonly Network[]; readonly problems: readonly Problem[] },
  had: Iterable<Network>,
): ReadonlySet<string> {
  return new Set([
    ...[...networks, ...had].flatMap(({ name, vni }) => [name, vniKey(vni)]),
    ...problems.length === 0 ? [] : [everyKey],
  ]);
}

/** Keys of which something else is said than before; `everyKey` when there are any. May be interrupted. */
export function* changedKeys(
  before: ClusterNetworks,
  after: ClusterNetworks,
): Generator<void, ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const name of new Set([...before.networks.keys(), ...after.networks.keys()])) {
    const [was, is] = [before.networks.get(name), after.networks.get(name)];
    const isAsBefore = was?.state === is?.state && was?.options === is?.options;
    if (!isAsBefore && JSON.stringify(was) !== JSON.stringify(is)) keys.add(name);
    yield;
  }
  for (const vni of new Set([...before.reserved.keys(), ...after.reserved.keys()])) {
    const [was, is] = [before.reserved.get(vni), after.reserved.get(vni)];
    const isAsBefore = was?.namespaces.join() === is?.namespaces.join() && was?.isUnknown === is?.isUnknown;
    if (!isAsBefore) keys.add(vniKey(vni));
    yield;
  }
  const isSame = keys.size === 0 && before.isUsable === after.isUsable && before.unread === after.unread;
  return isSame ? keys : keys.add(everyKey);
}
