// The ConfigMap over time: what is current, kept and removed, after each look.
import assert from "node:assert/strict";
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
} from "../../lib/network/cluster_networks.ts";
import { problemText } from "../../lib/network/problem.ts";

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const where = "ConfigMap kube-system/kube-vxlan-controller";

type Data = Readonly<Record<string, string>> | undefined;

interface Row {
  readonly it: string;
  /** The ConfigMap's data at one look after the other. */
  readonly looks: readonly Data[];
  /** After the last look: `network: state id`. */
  readonly networks: readonly string[];
  /** Of the last look. */
  readonly notices?: readonly string[];
  readonly problems?: readonly string[];
  /** What is for some namespaces only: `VNI: namespaces`, or `network: namespaces` of entries that cannot be read. */
  readonly reserved?: readonly string[];
  /** Networks that pods have, and `#VNI`; default: all. */
  readonly held?: readonly string[];
}

function kept(network: string, why: string): string {
  return `Network "${network}" keeps its last good options for all pods: ${why}`;
}

function removed(network: string): string {
  return `Network "${network}" keeps its last good options for the pods that have it, and takes no others: ` +
    `its key was removed from ${where}`;
}

const badId = "expected a decimal number from 1 to 16777215, without leading zeros";
const badX = `${where}, key a: Cannot read "id=x" of network "a": ${badId}`;

const cases: readonly Row[] = [
  {
    it: "the seed's ConfigMap",
    looks: [{ vxeth1: "id=1001", vxeth0: "id=1000" }],
    networks: ["vxeth0: current 1000", "vxeth1: current 1001"],
  },
  { it: "there never was a ConfigMap", looks: [undefined], networks: [] },
  { it: "an empty one from the start", looks: [{}], networks: [] },
  { it: "an edit counts", looks: [{ a: "id=1" }, { a: "id=2" }], networks: ["a: current 2"] },
  {
    it: "an entry that never was good is no network",
    looks: [{ a: "id=x", b: "2" }],
    networks: ["a: unreadable undefined", "b: current 2"],
    problems: [badX],
  },
  {
    it: "an entry that is good no more is kept",
    looks: [{ a: "id=1", b: "2" }, { a: "id=x", b: "2" }],
    networks: ["a: kept 1", "b: current 2"],
    notices: [kept("a", `key a of ${where} cannot be read`)],
    problems: [badX],
  },
  {
    it: "a kept entry is told once, its problem always",
    looks: [{ a: "id=1", b: "2" }, { a: "id=x", b: "2" }, { a: "id=x", b: "2" }],
    networks: ["a: kept 1", "b: current 2"],
    problems: [badX],
  },
  {
    it: "a mended entry is current again",
    looks: [{ a: "id=1" }, { a: "id=x" }, { a: "id=3" }],
    networks: ["a: current 3"],
    notices: [`Network "a" is as ${where} says again`],
  },
  {
    it: "a key taken out alone is removed",
    looks: [{ a: "1", b: "2" }, { b: "2" }],
    networks: ["a: removed 1", "b: current 2"],
    notices: [removed("a")],
  },
  {
    it: "a removed key stays so, and is told once",
    looks: [{ a: "1", b: "2" }, { b: "2" }, { b: "3" }],
    networks: ["a: removed 1", "b: current 3"],
  },
  {
    it: "a removed key comes back",
    looks: [{ a: "1", b: "2" }, { b: "2" }, { a: "9", b: "2" }],
    networks: ["a: current 9", "b: current 2"],
    notices: [`Network "a" is as ${where} says again`],
  },
  {
    it: "a removed key comes back broken",
    looks: [{ a: "1", b: "2" }, { b: "2" }, { a: "id=x", b: "2" }],
    networks: ["a: kept 1", "b: current 2"],
    notices: [kept("a", `key a of ${where} cannot be read`)],
    problems: [badX],
  },
  {
    it: "a deleted ConfigMap keeps everything",
    looks: [{ a: "1", b: "2" }, undefined],
    networks: ["a: kept 1", "b: kept 2"],
    notices: [kept("a", `${where} does not exist`), kept("b", `${where} does not exist`)],
  },
  {
    it: "an emptied ConfigMap keeps everything",
    looks: [{ a: "1", b: "2" }, {}],
    networks: ["a: kept 1", "b: kept 2"],
    notices: [
      kept("a", `${where} names no network that can be read`),
      kept("b", `${where} names no network that can be read`),
    ],
  },
  {
    it: "a ConfigMap overwritten with rubbish keeps everything",
    looks: [{ a: "1" }, { "README": "see below", "1st": "5" }],
    networks: ["1st: unreadable undefined", "README: unreadable undefined", "a: kept 1"],
    notices: [kept("a", `${where} names no network that can be read`)],
    problems: [
      `${where}, key 1st: Cannot read key "1st" as a network: expected a name that begins with a letter and goes on ` +
      'with letters, digits, "_", "." or "-"',
      `${where}, key README: Cannot read "see" of network "README": "see" is no option: expected one of type, id, ` +
      "name, dev, up, subnet, range, exclude, route, gateway, except, peer, neigh, mtu, dstport, family, namespaces",
      `${where}, key README: Cannot read "below" of network "README": "below" is no option: expected one of type, id, ` +
      "name, dev, up, subnet, range, exclude, route, gateway, except, peer, neigh, mtu, dstport, family, namespaces",
    ],
  },
  {
    it: "a key removed before the ConfigMap was deleted stays removed",
    looks: [{ a: "1", b: "2" }, { b: "2" }, undefined],
    networks: ["a: removed 1", "b: kept 2"],
    notices: [kept("b", `${where} does not exist`)],
  },
  {
    it: "a restored ConfigMap is current again",
    looks: [{ a: "1" }, undefined, { a: "1" }],
    networks: ["a: current 1"],
    notices: [`Network "a" is as ${where} says again`],
  },
  {
    it: "a ConfigMap restored in part",
    looks: [{ a: "1", b: "2" }, undefined, { b: "2" }],
    networks: ["a: removed 1", "b: current 2"],
    notices: [removed("a"), `Network "b" is as ${where} says again`],
  },
  {
    it: "an entry without an id is one all the same",
    looks: [{ a: "" }],
    networks: ["a: current undefined"],
  },
  {
    it: "keys that are properties of every object are keys like others",
    looks: [JSON.parse('{"constructor": "1", "__proto__": "2"}')],
    networks: ["__proto__: unreadable undefined", "constructor: current 1"],
    problems: [
      `${where}, key __proto__: Cannot read key "__proto__" as a network: expected a name that begins with a letter ` +
      'and goes on with letters, digits, "_", "." or "-"',
    ],
  },
];

const both = (one: string, other: string, id: number, port = 8472): string =>
  `${where}, key ${other}: Cannot give a pod both network "${one}" and network "${other}": both have id ${id} and ` +
  `port ${port}; give one of them another id=… or dstport=…`;

const good = "id=1 namespaces=db";
const slip = `${good} mtu=x`;

function badMtu(network: string): string {
  return `${where}, key ${network}: Cannot read "mtu=x" of network "${network}": ` +
    "expected a decimal number from 68 to 65535, without leading zeros";
}

function stillReserved(network: string): string {
  return `What can be read of network "${network}" stays reserved while anybody has it: ` +
    `its key was removed from ${where}`;
}

const reservations: readonly Row[] = [
  {
    it: "two keys with one id",
    looks: [{ west: "id=2", east: "id=2", north: "id=2 dstport=4789" }],
    networks: ["east: current 2", "north: current 2", "west: current 2"],
    problems: [both("east", "west", 2)],
  },
  {
    it: "a third key with one id names the first one too",
    looks: [{ a: "7", b: "id=7", c: "id=7" }],
    networks: ["a: current 7", "b: current 7", "c: current 7"],
    problems: [both("a", "b", 7), both("a", "c", 7)],
  },
  {
    it: "a removed key reserves what it did while somebody has the network",
    looks: [{ a: "1 namespaces=db", b: "2" }, { b: "2" }],
    networks: ["a: removed 1", "b: current 2"],
    notices: [removed("a")],
    reserved: ["1: db"],
  },
  {
    it: "a removed key that nobody has is forgotten",
    looks: [{ a: "1 namespaces=db", b: "2" }, { b: "2" }],
    networks: ["b: current 2"],
    held: ["b"],
  },
  {
    it: "a kept entry reserves what it did",
    looks: [{ a: "1 namespaces=db" }, { a: "1 namespaces=db metric=5" }],
    networks: ["a: kept 1"],
    notices: [kept("a", `${where} names no network that can be read`)],
    problems: [
      `${where}, key a: Cannot read "metric=5" of network "a": "metric" is no option: expected one of type, id, name, ` +
      "dev, up, subnet, range, exclude, route, gateway, except, peer, neigh, mtu, dstport, family, namespaces",
    ],
    reserved: ["1: db"],
  },
  ...[
    { it: "a shorter one", was: "db,web", is: "namespaces=db mtu=x", to: "db" },
    { it: "a shorter one, the number in front", was: "db,web", is: "1 namespaces=db mtu=x", to: "db" },
    {
      it: "a shorter one beside an option that is none",
      was: "db,web",
      is: "namespaces=db metric=5",
      to: "db",
    },
    { it: "others", was: "db", is: "namespaces=web mtu=x", to: "" },
    { it: "a longer one", was: "db", is: "namespaces=db,web mtu=x", to: "db" },
    { it: "some instead of all", was: "*", is: "namespaces=db mtu=x", to: "db" },
    { it: "all instead of some", was: "db", is: "namespaces=* mtu=x", to: "db" },
    { it: "the first one", was: undefined, is: "namespaces=db mtu=x", to: "db" },
    { it: "none", was: "db,web", is: "mtu=x", to: "db,web" },
    // A slip in the list itself puts nobody out.
    { it: "one with a slip", was: "db,web", is: "namespaces=db,Web!", to: "db,web" },
    { it: "one with a blank behind the comma", was: "db,web", is: "namespaces=db, web", to: "db,web" },
    { it: "one with a blank for a comma", was: "db,web", is: "namespaces=db web", to: "db,web" },
    { it: "two", was: "db,web", is: "namespaces=db namespaces=web", to: "db,web" },
    { it: "two, one with a slip", was: "db,web", is: "namespaces=db namespace=web", to: "db,web" },
  ].map(({ it, was, is, to }): Row => ({
    it: `an entry that is kept is for whom its list and the one beside the slip are: ${it}`,
    looks: [{ a: was === undefined ? "id=1" : `id=1 namespaces=${was}`, b: "2" }, { a: is, b: "2" }],
    networks: ["a: kept 1", "b: current 2"],
    notices: [kept("a", `key a of ${where} cannot be read`)],
    reserved: [`1: ${to}`],
  })),
  ...[
    { it: "beside it", text: "id=1 namespaces=db mtu=big", to: "db" },
    { it: "in its name", text: "id=1 namepsaces=db", to: "db" },
    { it: "of another word for it", text: "id=1 namespace=db", to: "db" },
    { it: "of letters that are missing", text: "id=1 nmspcs=db", to: "db" },
    { it: "of a word before it", text: "id=1 allowed-namespaces=db", to: "db" },
    { it: "of the word of other programs", text: "id=1 allowedNamespaces=db", to: "db" },
    { it: "in one of the namespaces", text: "id=1 namespaces=db,Web!", to: "db" },
    { it: "of a blank behind a comma", text: "id=1 namespaces=db, web", to: "db,web" },
    { it: "of blanks around the sign", text: "id = 1 namespaces = db,web", to: "db,web" },
    { it: "of a blank before the sign", text: "id=1 namespaces =db mtu=1400", to: "db" },
    { it: "of a blank behind the sign", text: "id=1 namespaces= db", to: "db" },
    { it: "of a colon and a blank", text: "id: 1\nnamespaces: db, web", to: "db,web" },
    { it: "of JSON with blanks", text: '{"id": 1, "namespaces": "db"}', to: "db" },
    { it: "of no value, and an option behind it", text: "id=1 namespaces= mtu=1400", to: "" },
    { it: "of no value, and a flag behind it", text: "id=1 namespaces= up", to: "" },
    { it: "of no value before it", text: "id=1 dev= namespaces=db", to: "db" },
    { it: "of no value before it, and no sign", text: "id=1 dev= namespaces db", to: "" },
    { it: "of a comma before it, and no sign", text: "id=1, namespaces db", to: "" },
    { it: "of no value", text: "id=1 namespaces=", to: "" },
    { it: "of no sign between", text: "id=1 namespaces db", to: "" },
    { it: "of the same twice", text: "id=1 namespaces=db namespaces=web", to: "db" },
    { it: "of a semicolon", text: "id=1;namespaces=db,web", to: "db,web" },
    { it: "of a comma", text: "id=1,namespaces=db,web", to: "db,web" },
    { it: "of colons", text: "id: 1\nnamespaces:db", to: "db" },
    { it: "of an id in another word", text: "vni=1 namespaces=db", to: "db" },
    { it: "of an id with a nought too many", text: "id=01 namespaces=db", to: "db" },
    { it: "of JSON", text: '{"id":1,"namespaces":"db"}', to: "db" },
  ].map(({ it, text, to }): Row => ({
    it: `an entry that never was good is closed in spite of a slip ${it}`,
    looks: [{ a: text, b: "2" }],
    networks: ["a: unreadable 1", "b: current 2"],
    reserved: [`1: ${to}`],
  })),
  {
    it: "an entry that never was good and is taken out is closed while somebody has the network",
    looks: [{ a: slip, b: "2" }, { b: "2" }],
    networks: ["a: reserved 1", "b: current 2"],
    notices: [stillReserved("a")],
    reserved: ["1: db"],
    held: ["a"],
  },
  {
    it: "an entry that never was good and is taken out is closed while somebody has its VNI by another name",
    looks: [{ a: slip, b: "2" }, { b: "2" }],
    networks: ["a: reserved 1", "b: current 2"],
    notices: [stillReserved("a")],
    reserved: ["1: db"],
    held: ["own", "#1"],
  },
  {
    it: "an entry that never was good, was taken out and is held by nobody is forgotten",
    looks: [{ a: slip, b: "2" }, { b: "2" }],
    networks: ["b: current 2"],
    held: ["b", "#2"],
  },
  ...[
    { it: "alone", looks: [{ a: slip }, {}] },
    { it: "with the ConfigMap", looks: [{ a: slip }, undefined] },
    { it: "in two steps", looks: [{ a: slip }, { a: "" }, {}], isEmptied: true },
    { it: "again and again", looks: [{ a: slip }, {}, { a: "mtu=x" }, {}] },
    { it: "for one whose id cannot be read", looks: [{ a: slip }, { a: "id=x namespaces=db" }, {}] },
    { it: "for one whose namespaces are another slip", looks: [{ a: slip }, { a: "id=1 mtu=y" }, {}] },
  ].map(({ it, looks, isEmptied }): Row => ({
    it: `an entry that never was good is taken out: ${it}`,
    looks,
    networks: isEmptied ? ["a: kept undefined"] : ["a: reserved 1"],
    notices: isEmptied ? [kept("a", `${where} names no network that can be read`)] : [stillReserved("a")],
    reserved: ["1: db"],
  })),
  {
    it: "an entry that never was good, was taken out and comes back with a shorter list admits that list",
    looks: [{ a: "id=1 namespaces=db,web mtu=x" }, {}, { a: "id=1 namespaces=db" }],
    networks: ["a: current 1"],
    reserved: ["1: db"],
  },
  {
    it: "an entry that never was good, was taken out and comes back open is open",
    looks: [{ a: slip }, {}, { a: "id=1" }],
    networks: ["a: current 1"],
    reserved: [],
  },
  {
    it: "a key that is renamed: both names are closed",
    looks: [{ a: slip }, { b: slip }],
    networks: ["a: reserved 1", "b: unreadable 1"],
    notices: [stillReserved("a")],
    problems: [badMtu("b")],
    reserved: ["1: db,db"],
  },
  {
    it: "a key that is renamed for others: the operator has said anew for whom its VNI is",
    looks: [{ a: slip }, { b: "id=1 namespaces=web" }],
    networks: ["a: reserved 1", "b: current 1"],
    notices: [stillReserved("a")],
    reserved: ["1: db,web"],
    held: ["a", "#1"],
  },
  ...[
    { it: "another id", looks: [{ a: good }, { a: "9 namespaces=db" }], now: "current 9", also: ["9: db"] },
    { it: "no id any more", looks: [{ a: good }, { a: "namespaces=db" }], now: "current undefined", db: "a" },
    {
      it: "another id after a while",
      looks: [{ a: slip }, {}, { a: "9 namespaces=db" }],
      now: "current 9",
      also: ["9: db"],
    },
    { it: "another id and nobody to keep out", looks: [{ a: good }, { a: "9" }], now: "current 9" },
  ].map(({ it, looks, now, also = [], db }): Row => ({
    it: `an entry with ${it}: the VNI that it had is closed while somebody is there`,
    looks,
    networks: [`a: ${now}`],
    ...(looks.length > 2 && { notices: [] }),
    reserved: [...db ? ["a: db"] : [], ...also, "1: db"],
    held: ["a", "#1"],
  })),
  {
    it: "an entry with another slip and another id: both VNIs are closed while somebody is there",
    looks: [{ a: slip }, { a: "id=9 namespaces=db mtu=x" }],
    networks: ["a: unreadable 9"],
    problems: [badMtu("a")],
    reserved: ["9: db", "1: db"],
  },
  {
    it: "a VNI that an entry had is open when nobody is there",
    looks: [{ a: good }, { a: "9 namespaces=db" }],
    networks: ["a: current 9"],
    reserved: ["9: db"],
    held: ["a"],
  },
  {
    it: "a VNI that an entry had is for whom another entry names",
    looks: [{ a: good }, { a: "9 namespaces=db", b: "id=1" }],
    networks: ["a: current 9", "b: current 1"],
    reserved: ["9: db"],
  },
  {
    it: "an entry that is too long to be read is closed",
    looks: [{ a: `id=1 ${" ".repeat(65536)}`, b: "2" }],
    networks: ["a: unreadable undefined", "b: current 2"],
    reserved: ["a: "],
  },
];

for (const row of [...cases, ...reservations]) {
  const { it, looks, networks, notices = [], problems, held } = row;
  Deno.test(`readClusterNetworks: ${it}`, () => {
    const isHeld = (network: string): boolean => held?.includes(network) ?? true;
    const seen = looks.reduce<ClusterNetworks>(
      (previous, data) => readClusterNetworks(data, { previous, configMap, isHeld }),
      noClusterNetworks,
    );
    const found = [...seen.networks].map(([name, { state, options }]) => `${name}: ${state} ${options.id}`);
    assert.deepEqual(found, networks);
    assert.deepEqual(seen.notices, notices);
    if (problems !== undefined || row.reserved === undefined) {
      assert.deepEqual(seen.problems.map(problemText), problems ?? []);
    }
    const byName = [...seen.networks].filter(([, { options }]) => options.id === undefined)
      .flatMap(([name, { options }]) => options.namespaces ? [`${name}: ${options.namespaces.join()}`] : []);
    const byVni = [...seen.reserved].map(([vni, { namespaces }]) => `${vni}: ${namespaces.join()}`);
    assert.deepEqual([...byName, ...byVni], row.reserved ?? []);
  });
}
