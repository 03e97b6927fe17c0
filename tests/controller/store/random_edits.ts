// Edits of annotations, labels and the ConfigMap by chance, as people make them: right ones, and typos of every kind.
import fc from "fast-check";

export const networkNames = ["west", "east", "north"] as const;

/** What is written at one time. */
export type Edit =
  | { readonly kind: "annotation"; readonly pod: string; readonly text: string }
  | { readonly kind: "configmap"; readonly data: Readonly<Record<string, string>> | undefined };

/** The label that makes the pod a member is taken off, or is set again. */
export interface LabelEdit {
  readonly kind: "label";
  readonly pod: string;
}

/** `{n}` is the number of the network, `{p}` that of the pod: no two have one address. `@b` is the IP of pod b. */
const goodOption = fc.constantFrom(
  "",
  "id=1",
  "id=2",
  "id=9",
  "mtu=1400",
  "mtu=1300",
  "mtu=1200",
  "dstport=4789",
  "name=w",
  "name=e",
  "up=false",
  "route=10.99.0.0/16:10.98.0.1",
  "route=10.99.{n}.0/24",
  "ip=none",
  "ip=10.98.{n}.{p}/24",
  "ip=10.98.{n}.{p}/24 route=10.99.{n}.0/24:10.98.{n}.1",
  "ip=10.98.{n}.{p}/24 gateway=10.98.{n}.1",
  "ip=10.98.{n}.{p}/24 gateway=10.98.{n}.1 except=10.112.0.0/12,10.96.0.0/16",
  "ip=fd01:{n}::{p}/64",
  "ip=10.98.{n}.{p}/24 ip=fd01:{n}::{p}/64",
  "route=fd02:{n}::/64:fd01:{n}::1",
  "route=fd02::/48:fe80::1",
  "route=fd03:{n}::/64 mtu=1200",
  "ip=fd01:{n}::{p}/64 route=fd02:{n}::/64:fd01:{n}::1",
  "ip=fd01:{n}::{p}/64 gateway=fd01:{n}::1",
  "ip=10.98.{n}.{p}/24 ip=fd01:{n}::{p}/64 gateway=10.98.{n}.1 gateway=fd01:{n}::1 " +
    "except=10.112.0.0/12,fd12::/16",
  "gateway=none",
  "peer=10.255.0.{n}",
  "peer=10.255.0.1 peer=10.255.0.2",
  "peer=@b",
  "mac=02:00:00:00:0{n}:0{p}",
  "dev=eth0",
  "dev=west",
  "dev=e",
  "dev=tun9",
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
  "route=fd02::/64:10.98.0.1",
  "gateway=10.98.1",
  "except=10.96.0.0/10",
  "neigh=ja",
  "neigh=static",
  "mac=02:00:00:00:00",
);

const entry = fc.tuple(
  fc.constantFrom(...networkNames),
  goodOption,
  fc.option(goodOption, { nil: "", freq: 3 }),
  fc.option(typo, { nil: "", freq: 5 }),
).map(([name, ...words]) => forNetwork(name, [name, ...words]));

function forNetwork(name: typeof networkNames[number], words: readonly string[]): string {
  const number = networkNames.indexOf(name) + 1;
  return words.filter((word) => word !== "").join(" ").replaceAll("{n}", `${number}`);
}

/** Two interfaces, one of them on the other, that have each other's names or ids in the next such text; a third one on top. */
const stacked = fc.record({
  upper: fc.constantFrom(0, 1),
  names: fc.constantFrom(["west", "east"], ["east", "west"], ["w", "e"], ["e", "w"]),
  ids: fc.constantFrom(["", ""], ["", ""], ["id=1", "id=2"], ["id=2", "id=1"]),
  third: fc.boolean(),
}).map(({ upper, names, ids, third }) => {
  const pair = [0, 1].map((at) => {
    const words = [networkNames[at], `name=${names[at]}`, ids[at], at === upper && `dev=${names[1 - at]}`];
    return words.filter(Boolean).join(" ");
  });
  return [...pair, ...third ? [`north dev=${names[upper]}`] : []].join(", ");
});

/** Some are one entry, most are two; one in ten has a word that is no name, or is cut off anywhere. */
const annotation = fc.tuple(
  fc.array(entry, { minLength: 1, maxLength: 3 }),
  fc.option(fc.constantFrom("-west", "2east", "id=3", "???"), { nil: undefined, freq: 9 }),
  fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 9 }),
).map(([entries, slip, cut]) =>
  [...entries, ...slip === undefined ? [] : [slip]].join(", ").slice(0, cut === undefined ? undefined : -cut)
);

function clusterEntry(name: typeof networkNames[number]): fc.Arbitrary<string> {
  return fc.tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("id={n}") },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "id=1",
          "id=2",
          "id=4",
          "id=9",
          "mtu=1400",
          "id=1 family=6",
          "id={n} family=6",
          "",
        ),
      },
    ),
    fc.option(
      fc.constantFrom(
        "neigh=static",
        "peer=10.255.1.{n}",
        "peer=@b",
        "dstport=4789",
        "gateway=10.98.{n}.1",
        "gateway=fd01:{n}::1",
        "gateway=10.98.{n}.1 except=10.112.0.0/12",
        "route=10.97.{n}.0/24:10.98.{n}.1",
        "neigh=static subnet=10.50.{n}.0/24",
        "subnet=10.50.{n}.0/24",
        "subnet=10.50.{n}.0/24 range=10.50.{n}.100-10.50.{n}.199",
        "subnet=10.51.{n}.0/24 exclude=10.51.{n}.1",
        "dev=west",
        "name=e",
      ),
      { nil: "", freq: 2 },
    ),
    fc.option(
      fc.constantFrom("namespaces=default", "namespaces=lab", "namespaces=lab,default", "namespaces=*"),
      { nil: "", freq: 3 },
    ),
    fc.option(typo.filter((word) => word !== "neigh=static"), { nil: "", freq: 4 }),
  ).map((words) => forNetwork(name, words));
}

const configMap = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { west: clusterEntry("west"), east: clusterEntry("east"), north: clusterEntry("north") },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.constant(undefined) },
  // Ids are exchanged, or whom they are for.
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { west: "id=2", east: "id=1", north: "id=3" },
      { west: "id=1 dev=east", east: "id=2", north: "id=3" },
      { west: "id=2", east: "id=1 dev=west", north: "id=3" },
      { west: "id=1 namespaces=lab", east: "id=2 namespaces=default", north: "id=3" },
      { west: "id=1 namespaces=default", east: "id=2 namespaces=lab", north: "id=3" },
      { west: "id=2 namespaces=lab", east: "id=1 namespaces=default", north: "id=3" },
    ),
  },
);

/** `pods`: who may be edited. `text` and `data` are right or wrong. */
export function editsOf(pods: readonly string[]): fc.Arbitrary<Edit> {
  const texts = fc.oneof({ weight: 5, arbitrary: annotation }, { weight: 1, arbitrary: stacked });
  const edit = fc.record({ pod: fc.constantFrom(...pods), text: texts }).map(({ pod, text }) => ({
    kind: "annotation" as const,
    pod,
    text: text.replaceAll("{p}", `${pods.indexOf(pod) + 1}`),
  }));
  return fc.oneof(
    { weight: 2, arbitrary: edit },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("configmap" as const), data: configMap }) },
  );
}

/** The same, and now and then a label that comes or goes. */
export function editsAndLabelsOf(pods: readonly string[]): fc.Arbitrary<Edit | LabelEdit> {
  const label = fc.record({ kind: fc.constant("label" as const), pod: fc.constantFrom(...pods) });
  return fc.oneof({ weight: 8, arbitrary: editsOf(pods) }, { weight: 1, arbitrary: label });
}
