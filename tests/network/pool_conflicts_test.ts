// One pod in several networks with pools: which may stand beside each other, and what is said of those that may not.
import assert from "node:assert/strict";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { parseAnnotation } from "../../lib/network/grammar/annotation.ts";
import { resolveNetworks } from "../../lib/network/resolve.ts";

interface Row {
  readonly it: string;
  readonly looks: Readonly<Record<string, string>>;
  readonly annotation: string;
  /** Names of those that the pod can have. */
  readonly gets: readonly string[];
  readonly problem?: string;
}

const remedy =
  ", and a pod reaches a subnet through one interface: give one of the networks another subnet=…, " +
  "or write ip=none behind one of them";

const rows: readonly Row[] = [
  {
    it: "two pools of one subnet",
    looks: { a: "1 subnet=10.7.0.0/24", b: "2 subnet=10.7.0.0/24" },
    annotation: "a, b",
    gets: ["a"],
    problem: `"b": subnet 10.7.0.0/24 of its pool overlaps 10.7.0.0/24 of network "a"${remedy}`,
  },
  {
    it: "the one that is named first has it",
    looks: { a: "1 subnet=10.7.0.0/24", b: "2 subnet=10.7.0.0/24" },
    annotation: "b, a",
    gets: ["b"],
    problem: `"a": subnet 10.7.0.0/24 of its pool overlaps 10.7.0.0/24 of network "b"${remedy}`,
  },
  {
    it: "one subnet, and ranges apart: the kernel has one route all the same",
    looks: {
      a: "1 subnet=10.7.0.0/24 range=10.7.0.1-10.7.0.9",
      b: "2 subnet=10.7.0.0/24 range=10.7.0.11-10.7.0.19",
    },
    annotation: "a, b",
    gets: ["a"],
    problem: `"b": subnet 10.7.0.0/24 of its pool overlaps 10.7.0.0/24 of network "a"${remedy}`,
  },
  {
    it: "one that opts out",
    looks: { a: "1 subnet=10.7.0.0/24", b: "2 subnet=10.7.0.0/24" },
    annotation: "a, b ip=none",
    gets: ["a", "b"],
  },
  {
    it: "one of two families",
    looks: { a: "1 subnet=10.7.0.0/24 subnet=fd07::/64", b: "2 subnet=10.8.0.0/24 subnet=fd07::/64" },
    annotation: "a, b",
    gets: ["a"],
    problem: `"b": subnet fd07::/64 of its pool overlaps fd07::/64 of network "a"${remedy}`,
  },
  {
    it: "subnets beside each other",
    looks: { a: "1 subnet=10.7.0.0/25", b: "2 subnet=10.7.0.128/25" },
    annotation: "a, b",
    gets: ["a", "b"],
  },
  {
    it: "a wide pool that may give what is behind the narrow one",
    looks: { a: "1 subnet=10.0.0.0/8", b: "2 subnet=10.7.0.0/24" },
    annotation: "a, b",
    gets: ["a"],
    problem: `"b": subnet 10.7.0.0/24 of its pool overlaps 10.0.0.0/8 of network "a"${remedy}`,
  },
  {
    it: "a wide pool with a range elsewhere",
    looks: { a: "1 subnet=10.0.0.0/8 range=10.1.0.0-10.1.255.255", b: "2 subnet=10.7.0.0/24" },
    annotation: "a, b",
    gets: ["a", "b"],
  },
  {
    it: "a wide pool that keeps the narrow one back",
    looks: { a: "1 subnet=10.0.0.0/8 exclude=10.7.0.0/24", b: "2 subnet=10.7.0.0/24" },
    annotation: "a, b",
    gets: ["a", "b"],
  },
  {
    it: "an address of the author's own in the pool's subnet",
    looks: { a: "1", b: "2 subnet=10.7.0.0/24" },
    annotation: "a ip=10.7.0.9/24, b",
    gets: ["a"],
    problem: `"b": subnet 10.7.0.0/24 of its pool overlaps 10.7.0.0/24 of network "a"${remedy}`,
  },
  {
    it: "the pool first",
    looks: { a: "1", b: "2 subnet=10.7.0.0/24" },
    annotation: "b, a ip=10.7.0.9/24",
    gets: ["b"],
    problem: `"a": subnet 10.7.0.0/24 of its address overlaps 10.7.0.0/24 of network "b"${remedy}`,
  },
  {
    it: "a single address that the pool might give",
    looks: { a: "1", b: "2 subnet=10.7.0.0/24" },
    annotation: "a ip=10.7.0.9/32, b",
    gets: ["a"],
    problem: `"b": subnet 10.7.0.0/24 of its pool overlaps 10.7.0.9/32 of network "a"${remedy}`,
  },
  {
    it: "a single address that the pool keeps back",
    looks: { a: "1", b: "2 subnet=10.7.0.0/24 exclude=10.7.0.9" },
    annotation: "a ip=10.7.0.9/32, b",
    gets: ["a", "b"],
  },
  {
    it: "link-local addresses are on every link",
    looks: { a: "1", b: "2 subnet=10.7.0.0/24 subnet=fd07::/64" },
    annotation: "a ip=fe80::1/64, b",
    gets: ["a", "b"],
  },
  {
    it: "authors may do so without pools",
    looks: { a: "1", b: "2" },
    annotation: "a ip=10.7.0.1/24, b ip=10.7.0.2/24",
    gets: ["a", "b"],
  },
  {
    it: "a pool's subnet that another network routes",
    looks: { a: "1", b: "2 subnet=10.7.0.0/24" },
    annotation: "a ip=10.9.0.2/24 route=10.7.0.0/24:10.9.0.1, b",
    gets: ["a"],
    problem: '"b": subnet 10.7.0.0/24 of its address is already routed by network "a"',
  },
];

for (const { it, looks, annotation, gets, problem } of rows) {
  Deno.test(`networks with pools in one pod: ${it}`, () => {
    const source = { kind: "annotation", key: "networks", namespace: "default", pod: "p" } as const;
    const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
    const { entries, complete } = parseAnnotation(annotation, source);
    const { networks, problems, awaited } = resolveNetworks(entries, {
      ...{ source, configMap, complete, namespace: "default", restrictPods: false, lastGood: new Map() },
      cluster: readClusterNetworks(looks, { previous: noClusterNetworks, configMap }),
    });
    assert.deepEqual(networks.map(({ name }) => name), [...gets].sort());
    const told = problems.map(({ message }) => message);
    assert.deepEqual(told, problem === undefined ? [] : [`Cannot give the pod network ${problem}`]);
    assert.ok(
      awaited.every((name) => gets.includes(name)),
      "nothing is asked of the pool of one that is refused",
    );
  });
}
