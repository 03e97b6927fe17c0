// Edits of annotations and of the ConfigMap by chance, as people make them: right ones, and typos of every kind.
import fc from "fast-check";

export const networkNames = ["west", "east", "north"] as const;

/** What is written at one time. */
export type Edit =
  | { readonly kind: "annotation"; readonly pod: string; readonly text: string }
  | { readonly kind: "configmap"; readonly data: Readonly<Record<string, string>> | undefined };

const goodOption = fc.constantFrom(
  "",
  "id=1",
  "id=2",
  "mtu=1400",
  "mtu=1300",
  "dstport=4789",
  "name=w",
  "name=e",
  "neigh=static",
  "route=10.99.0.0/16:10.98.0.1",
);
const typo = fc.constantFrom(
  "metric=5",
  "id=zero",
  "id=",
  "mtu=12",
  "up=ja",
  "ip=10.0.0",
  "stray",
  "id=1 id=2",
  "dev=-x",
  "peer=10.0.0",
  "route=10.99.0.0/16:",
  "neigh=ja",
  "mac=02:00:00:00:00",
);

const entry = fc.tuple(fc.constantFrom(...networkNames), goodOption, fc.option(typo, { nil: "", freq: 4 }))
  .map((words) => words.filter((word) => word !== "").join(" "));

/** Some are one entry, most are two; one in ten has a word that is no name, or is cut off anywhere. */
const annotation = fc.tuple(
  fc.array(entry, { minLength: 1, maxLength: 3 }),
  fc.option(fc.constantFrom("-west", "2east", "id=3", "???"), { nil: undefined, freq: 9 }),
  fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 9 }),
).map(([entries, slip, cut]) =>
  [...entries, ...slip === undefined ? [] : [slip]].join(", ").slice(0, cut === undefined ? undefined : -cut)
);

const clusterEntry = fc.tuple(
  fc.constantFrom("id=1", "id=2", "id=3", "id=4", "mtu=1400", "id=1 family=6", ""),
  fc.option(
    fc.constantFrom("namespaces=default", "namespaces=lab", "namespaces=lab,default", "namespaces=*"),
    {
      nil: "",
      freq: 3,
    },
  ),
  fc.option(typo, { nil: "", freq: 4 }),
).map((words) => words.filter((word) => word !== "").join(" "));

const configMap = fc.option(
  fc.record(
    { west: clusterEntry, east: clusterEntry, north: clusterEntry },
    { requiredKeys: [] },
  ),
  { nil: undefined, freq: 9 },
);

/** `pods`: who may be edited. `text` and `data` are right or wrong. */
export function editsOf(pods: readonly string[]): fc.Arbitrary<Edit> {
  return fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("annotation" as const),
        pod: fc.constantFrom(...pods),
        text: annotation,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("configmap" as const), data: configMap }) },
  );
}
