// The grammar of annotation and ConfigMap: how text falls into networks and options, and what is said of the rest.
import assert from "node:assert/strict";
import { parseAnnotation, parseClusterOptions } from "../../../lib/network/grammar/annotation.ts";
import type { OptionSet } from "../../../lib/network/grammar/option_table.ts";
import { problemText, type Source } from "../../../lib/network/problem.ts";

const key = "vxlan.travelping.com/networks";
const annotation: Source = { kind: "annotation", key, namespace: "default", pod: "a" };
const configMap: Source = {
  kind: "configmap",
  namespace: "kube-system",
  name: "kube-vxlan-controller",
  key: "vxeth0",
};

/** Broken entries have `broken`, the others do not. */
/** One entry of it. */
export interface EntryRow {
  readonly network: string;
  readonly line?: number;
  readonly options?: OptionSet;
  readonly broken?: true;
}

/** An annotation and what is read of it. */
export interface AnnotationRow {
  readonly it: string;
  readonly text: string;
  readonly entries: readonly EntryRow[];
  /** Without the source, which is the same in all rows: "line 1: Cannot …". */
  readonly problems?: readonly string[];
  readonly incomplete?: true;
}

const pod = (name: string): string => `"${name}" of network "vxeth0"`;
const podOptions = "type, id, name, dev, up, ip, route, gateway, except, peer, mtu, dstport, mac";
const clusterOptions =
  "type, id, name, dev, up, subnet, range, exclude, route, gateway, except, peer, neigh, mtu, dstport, family, namespaces";
const noName = 'expected a name that begins with a letter and goes on with letters, digits, "_", "." or "-"';

/** Also tried through the policies of deploy/validation, on a real API server. */
export const wellFormed: readonly AnnotationRow[] = [
  {
    it: "the seed's list of two",
    text: "vxeth0, vxeth1",
    entries: [{ network: "vxeth0" }, { network: "vxeth1" }],
  },
  {
    it: "the seed's block with indented options",
    text: "vxeth0\n  id=1000\n  dev=tun0\nvxeth1\n",
    entries: [{ network: "vxeth0", options: { id: 1000, dev: "tun0" } }, { network: "vxeth1", line: 4 }],
  },
  {
    it: "the seed's line with options",
    text: "vxeth0 id=1000 dev=tun0, vxeth1",
    entries: [{ network: "vxeth0", options: { id: 1000, dev: "tun0" } }, { network: "vxeth1" }],
  },
  {
    it: "the seed example's second deployment",
    text: "vxeth0\n  dev=eth0\nvxeth1\n  name=storage\n",
    entries: [
      { network: "vxeth0", options: { dev: "eth0" } },
      { network: "vxeth1", line: 3, options: { name: "storage" } },
    ],
  },
  {
    it: "the routed example: a",
    text: "west\n  ip=192.168.11.2/29\n  route=192.168.12.0/29:192.168.11.1\n",
    entries: [{
      network: "west",
      options: {
        ip: [{ kind: "address", cidr: { family: 4, address: "192.168.11.2", prefix: 29 } }],
        route: [{ subnet: { family: 4, address: "192.168.12.0", prefix: 29 }, gateway: "192.168.11.1" }],
      },
    }],
  },
  {
    it: "the routed example: b",
    text: "east ip=192.168.12.2/29 route=192.168.11.0/29:192.168.12.1",
    entries: [{
      network: "east",
      options: {
        ip: [{ kind: "address", cidr: { family: 4, address: "192.168.12.2", prefix: 29 } }],
        route: [{ subnet: { family: 4, address: "192.168.11.0", prefix: 29 }, gateway: "192.168.12.1" }],
      },
    }],
  },
  {
    it: "the routed example: gw",
    text: "west ip=192.168.11.1/29, east ip=192.168.12.1/29",
    entries: [
      {
        network: "west",
        options: { ip: [{ kind: "address", cidr: { family: 4, address: "192.168.11.1", prefix: 29 } }] },
      },
      {
        network: "east",
        options: { ip: [{ kind: "address", cidr: { family: 4, address: "192.168.12.1", prefix: 29 } }] },
      },
    ],
  },
  { it: "nothing", text: "", entries: [] },
  { it: "blanks, lines and commas only", text: " ,\n\t, ,\r\n", entries: [] },
  { it: "empty entries", text: ",vxeth0,,vxeth1,", entries: [{ network: "vxeth0" }, { network: "vxeth1" }] },
  {
    it: "lines of Windows and of an old Macintosh",
    text: "vxeth0\r\n  id=5\r\nvxeth1\rvxeth2",
    entries: [{ network: "vxeth0", options: { id: 5 } }, { network: "vxeth1", line: 3 }, {
      network: "vxeth2",
      line: 4,
    }],
  },
  {
    it: "blank lines between a network and its options",
    text: "\n\nvxeth0\n   \n\n  id=5\n",
    entries: [{ network: "vxeth0", line: 3, options: { id: 5 } }],
  },
  {
    it: "a block indented as a whole",
    text: "    vxeth0\n      id=5\n    vxeth1\n",
    entries: [{ network: "vxeth0", options: { id: 5 } }, { network: "vxeth1", line: 3 }],
  },
  {
    it: "a later line indented less than the first",
    text: "    vxeth0\n  vxeth1",
    entries: [{ network: "vxeth0" }, { network: "vxeth1", line: 2 }],
  },
  {
    it: "tabs",
    text: "vxeth0\tid=5\n\tdev=tun0",
    entries: [{ network: "vxeth0", options: { id: 5, dev: "tun0" } }],
  },
  {
    it: "a tab that is as deep as the eight blanks of the first line",
    text: "        vxeth0\n\tvxeth1",
    entries: [{ network: "vxeth0" }, { network: "vxeth1", line: 2 }],
  },
  {
    it: "options on the name's line and below it",
    text: "vxeth0 id=5\n  dev=tun0 up=false\n    mtu=1400",
    entries: [{ network: "vxeth0", options: { id: 5, dev: "tun0", up: false, mtu: 1400 } }],
  },
  {
    it: "a comma on an indented line ends the options",
    text: "vxeth0\n  id=5, vxeth1 id=6",
    entries: [{ network: "vxeth0", options: { id: 5 } }, { network: "vxeth1", line: 2, options: { id: 6 } }],
  },
  {
    it: "a comma at the end of a line, the next network indented",
    text: "vxeth0,\n  vxeth1\n  id=6",
    entries: [{ network: "vxeth0" }, { network: "vxeth1", line: 2, options: { id: 6 } }],
  },
  {
    it: "a comma at the start of an indented line",
    text: "vxeth0\n  , vxeth1",
    entries: [{ network: "vxeth0" }, { network: "vxeth1", line: 2 }],
  },
  { it: "up as a flag", text: "vxeth0 up", entries: [{ network: "vxeth0", options: { up: true } }] },
  {
    it: "up as a flag on a line of its own",
    text: "vxeth0\n  up\n  id=5",
    entries: [{ network: "vxeth0", options: { up: true, id: 5 } }],
  },
  { it: "a network called like an option", text: "up, id", entries: [{ network: "up" }, { network: "id" }] },
  {
    it: "the only type there is",
    text: "vxeth0 type=vxlan",
    entries: [{ network: "vxeth0", options: { type: "vxlan" } }],
  },
  {
    it: "several addresses and routes, in their order",
    text: "n ip=10.0.0.2/24 ip=fd00::2/64\n route=fd01::/64:fd00::1 route=10.1.0.0/16:10.0.0.1",
    entries: [{
      network: "n",
      options: {
        ip: [{ kind: "address", cidr: { family: 4, address: "10.0.0.2", prefix: 24 } }, {
          kind: "address",
          cidr: { family: 6, address: "fd00::2", prefix: 64 },
        }],
        route: [
          { subnet: { family: 6, address: "fd01::", prefix: 64 }, gateway: "fd00::1" },
          { subnet: { family: 4, address: "10.1.0.0", prefix: 16 }, gateway: "10.0.0.1" },
        ],
      },
    }],
  },
];

/** As well. */
export const malformed: readonly AnnotationRow[] = [
  {
    it: "a bad value",
    text: "vxeth0 id=0145, vxeth1",
    entries: [{ network: "vxeth0", broken: true }, { network: "vxeth1" }],
    problems: [
      `line 1: Cannot read ${
        pod("id=0145")
      }: expected a decimal number from 1 to 16777215, without leading zeros`,
    ],
  },
  {
    it: "several faults of one network, by line, with the good options kept",
    text: "vxeth0 mtu=1\n  dev=tun0\n  wat\n  id=x",
    entries: [{ network: "vxeth0", options: { dev: "tun0" }, broken: true }],
    problems: [
      `line 1: Cannot read ${
        pod("mtu=1")
      }: expected a decimal number from 68 to 65535, without leading zeros`,
      `line 3: Cannot read ${pod("wat")}: expected option=value; if it is a network, do not indent it`,
      `line 4: Cannot read ${
        pod("id=x")
      }: expected a decimal number from 1 to 16777215, without leading zeros`,
    ],
    incomplete: true,
  },
  {
    it: "an unknown option",
    text: "vxeth0 color=red",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read ${pod("color=red")}: "color" is no option: expected one of ${podOptions}`,
    ],
  },
  {
    it: "another word for an option",
    text: "vxeth0 vni=5",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read ${
        pod("vni=5")
      }: "vni" is no option (did you mean id?): expected one of ${podOptions}`,
    ],
  },
  {
    it: "no option before the equals sign",
    text: "vxeth0 =5",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [`line 1: Cannot read ${pod("=5")}: "" is no option: expected one of ${podOptions}`],
  },
  {
    it: "blanks around the equals sign",
    text: "vxeth0 id = 5",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read ${pod("id")}: expected a value: id=…`,
      `line 1: Cannot read ${pod("=")}: "" is no option: expected one of ${podOptions}`,
      `line 1: Cannot read ${pod("5")}: expected option=value; if it is the network identifier, write id=5`,
    ],
    incomplete: true,
  },
  {
    it: "an empty value",
    text: "vxeth0 id=",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read ${pod("id=")}: the value is empty: expected id=… without blanks, or no id at all`,
    ],
  },
  {
    it: "an option twice",
    text: "vxeth0 id=5\n  id=5",
    entries: [{ network: "vxeth0", options: { id: 5 }, broken: true }],
    problems: [`line 2: Cannot read ${pod("id=5")}: option id is given twice: keep one`],
  },
  {
    it: "up as a flag and as an option",
    text: "vxeth0 up up=false",
    entries: [{ network: "vxeth0", options: { up: true }, broken: true }],
    problems: [`line 1: Cannot read ${pod("up=false")}: option up is given twice: keep one`],
  },
  {
    it: "up with a value of its own",
    text: "vxeth0 up=1",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [`line 1: Cannot read ${pod("up=1")}: expected true or false`],
  },
  {
    it: "options of the ConfigMap",
    text: "vxeth0 family=6 namespaces=*",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read ${
        pod("family=6")
      }: this option is for the ConfigMap only: all members of a network must agree on it`,
      `line 1: Cannot read ${
        pod("namespaces=*")
      }: this option is for the ConfigMap only: no pod admits itself to a network`,
    ],
  },
  {
    it: "two networks without a comma: the second is named, so nothing may be removed",
    text: "vxeth0 vxeth1",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read ${
        pod("vxeth1")
      }: expected option=value; if it is a network, put a comma before it`,
    ],
    incomplete: true,
  },
  {
    it: "a network indented by mistake",
    text: "vxeth0\n  vxeth1\n",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 2: Cannot read ${pod("vxeth1")}: expected option=value; if it is a network, do not indent it`,
    ],
    incomplete: true,
  },
  {
    it: "an option that is not indented: its network must not be made without it",
    text: "vxeth0\nid=5",
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      'line 2: Cannot read "id=5" as a network: expected a network name before its options; a comma or a new line that is not indented begins a new network',
    ],
    incomplete: true,
  },
  {
    it: "a comma between options",
    text: "vxeth0 id=5, dev=tun0, vxeth1",
    entries: [{ network: "vxeth0", options: { id: 5 }, broken: true }, { network: "vxeth1" }],
    problems: [
      'line 1: Cannot read "dev=tun0" as a network: expected a network name before its options; a comma or a new line that is not indented begins a new network',
    ],
    incomplete: true,
  },
  {
    it: "a comma between values",
    text: "vxeth0 ip=10.0.0.1/24,10.0.0.2/24",
    entries: [{
      network: "vxeth0",
      options: { ip: [{ kind: "address", cidr: { family: 4, address: "10.0.0.1", prefix: 24 } }] },
      broken: true,
    }],
    problems: [
      `line 1: Cannot read "10.0.0.2/24" as a network: ${noName}; a comma separates networks, not values`,
    ],
    incomplete: true,
  },
  {
    it: "a comma in a number",
    text: "vxeth0 id=1,000, vxeth1",
    entries: [{ network: "vxeth0", options: { id: 1 }, broken: true }, { network: "vxeth1" }],
    problems: [`line 1: Cannot read "000" as a network: ${noName}; a comma separates networks, not values`],
    incomplete: true,
  },
  {
    it: "a comma between addresses",
    text: "vxeth0 peer=fd00::1,fd00::2, vxeth1",
    entries: [
      { network: "vxeth0", options: { peer: [{ family: 6, address: "fd00::1" }] }, broken: true },
      { network: "vxeth1" },
    ],
    problems: [`line 1: Cannot read "fd00::2" as a network: ${noName}`],
    incomplete: true,
  },
  {
    it: "a name outside the charset, its options left alone",
    text: "$(id) id=x, vxeth1",
    entries: [{ network: "vxeth1" }],
    problems: [`line 1: Cannot read "$(id)" as a network: ${noName}`],
    incomplete: true,
  },
  {
    it: "an option lost behind a name that cannot be read breaks no other network",
    text: "vxeth0, $(id), dev=tun0",
    entries: [{ network: "vxeth0" }],
    problems: [
      `line 1: Cannot read "$(id)" as a network: ${noName}`,
      'line 1: Cannot read "dev=tun0" as a network: expected a network name before its options; a comma or a new line that is not indented begins a new network',
    ],
    incomplete: true,
  },
  {
    it: "a name that is too long",
    text: "a".repeat(64),
    entries: [],
    problems: [
      `line 1: Cannot read "${"a".repeat(64)}" as a network: it has 64 characters: expected at most 63`,
    ],
    incomplete: true,
  },
  {
    it: "a network twice: the first stands",
    text: "vxeth0 id=5\nvxeth1\nvxeth0 id=6",
    entries: [{ network: "vxeth0", options: { id: 5 } }, { network: "vxeth1", line: 2 }],
    problems: [
      'line 3: Cannot read "vxeth0" as a network: the network is named twice: put all its options in one place',
    ],
  },
  {
    it: "control and bidi characters, shown harmlessly",
    text: "vx\u001b[31m\u202eeth0",
    entries: [],
    problems: [`line 1: Cannot read "vx\\u001b[31m\\u202eeth0" as a network: ${noName}`],
    incomplete: true,
  },
  {
    it: "a no-break space in place of a blank",
    text: "vxeth0\u00a0id=5",
    entries: [],
    problems: [`line 1: Cannot read "vxeth0\\u00a0id=5" as a network: ${noName}`],
    incomplete: true,
  },
  {
    it: "a long token, cut",
    text: `vxeth0 id=${"9".repeat(100)}`,
    entries: [{ network: "vxeth0", broken: true }],
    problems: [
      `line 1: Cannot read "id=${
        "9".repeat(77)
      }…" of network "vxeth0": expected a decimal number from 1 to 16777215, without leading zeros`,
    ],
  },
];

for (const row of [...wellFormed, ...malformed]) {
  Deno.test(`parseAnnotation: ${row.it}`, () => {
    const read = parseAnnotation(row.text, annotation);
    const entries = row.entries.map((entry) => ({ line: 1, options: {}, broken: false, ...entry }));
    assert.deepEqual(read.entries, entries);
    const prefix = `annotation ${key} of pod default/a, `;
    assert.deepEqual(read.problems.map(problemText), (row.problems ?? []).map((text) => prefix + text));
    assert.equal(read.complete, row.incomplete === undefined);
  });
}

Deno.test("parseAnnotation: a text over 64 KiB is not read at all", () => {
  const read = parseAnnotation("vxeth0,".padEnd(65537), annotation);
  assert.deepEqual([read.entries, read.complete], [[], false]);
  assert.deepEqual(read.problems.map(({ message }) => message), [
    "Cannot read the text: it has more than 65536 characters",
  ]);
  assert.equal(parseAnnotation("vxeth0,".padEnd(65536), annotation).complete, true);
});

Deno.test("parseAnnotation: a thousand networks are read, and that there are more costs no pod what it has", () => {
  const names = Array.from({ length: 1_001 }, (_, n) => `n${n}`);
  assert.deepEqual(parseAnnotation(names.slice(1).join(), annotation).complete, true);
  const read = parseAnnotation(names.join(), annotation);
  assert.deepEqual([read.entries.length, read.complete], [1_000, false]);
  assert.deepEqual(read.problems.map(({ message }) => message), [
    "Cannot read all networks: there are more than 1000; the others are not looked at",
  ]);
});

Deno.test("parseAnnotation: lists 50 problems and says that there are more", () => {
  const problems = parseAnnotation("1,".repeat(51), annotation).problems;
  assert.equal(problems.length, 51);
  assert.equal(
    problems.at(-1)?.message,
    "Cannot list all problems: there are more than 50; mend these first and look again",
  );
  assert.equal(parseAnnotation("1,".repeat(50), annotation).problems.length, 50);
  const behind = parseAnnotation(`${"1,".repeat(60)}vxeth0`, annotation);
  assert.deepEqual([behind.entries, behind.complete], [[], false], "what stands behind so many is not read");
  assert.equal(parseAnnotation(`vxeth0 ${"x ".repeat(10_000)}`, annotation).problems.length, 51);
});

Deno.test("parseAnnotation: a problem holds the token as it was written", () => {
  const [problem] = parseAnnotation("vxeth0\n  id=\u001b", annotation).problems;
  assert.deepEqual([problem?.kind, problem?.network, problem?.line, problem?.token], [
    "invalid-option",
    "vxeth0",
    2,
    "id=\u001b",
  ]);
});

/** A value of the ConfigMap and what is read of it. */
export interface ClusterRow {
  readonly it: string;
  readonly text: string;
  readonly options?: OptionSet;
  /** Behind the source. */
  readonly problems?: readonly string[];
}

/** As well. */
export const clusterCases: readonly ClusterRow[] = [
  { it: "the seed's value", text: "id=1000 dev=tun0", options: { id: 1000, dev: "tun0" } },
  { it: "a bare number is the id", text: "1000", options: { id: 1000 } },
  { it: "a bare number among options", text: " 1000\n up=false\n", options: { id: 1000, up: false } },
  {
    it: "lines, blanks and tabs alike",
    text: "id=1\r\n\tdev=tun0\n\n mtu=1400 ",
    options: { id: 1, dev: "tun0", mtu: 1400 },
  },
  { it: "nothing", text: " \n", options: {} },
  {
    it: "the ConfigMap's own options",
    text: "id=1 family=6 namespaces=b,a",
    options: { id: 1, family: 6, namespaces: ["a", "b"] },
  },
  {
    it: "routes for all pods",
    text: "id=1 route=10.0.0.0/8:192.168.0.1",
    options: {
      id: 1,
      route: [{ subnet: { family: 4, address: "10.0.0.0", prefix: 8 }, gateway: "192.168.0.1" }],
    },
  },
  {
    it: "options of a pod",
    text: "ip=10.0.0.1/8 mac=02:00:00:00:00:01",
    problems: [
      `: Cannot read ${
        pod("ip=10.0.0.1/8")
      }: this option is for annotations only: every pod would get the same address`,
      `: Cannot read ${
        pod("mac=02:00:00:00:00:01")
      }: this option is for annotations only: every pod would get the same MAC address`,
    ],
  },
  {
    it: "a bare number with a leading zero",
    text: "0145",
    problems: [
      `: Cannot read ${pod("0145")}: expected a decimal number from 1 to 16777215, without leading zeros`,
    ],
  },
  {
    it: "two numbers",
    text: "5 6",
    problems: [`: Cannot read ${pod("6")}: option id is given twice: keep one`],
  },
  {
    it: "commas between options",
    text: "id=1000, dev=tun0",
    problems: [
      `: Cannot read ${
        pod("id=1000,")
      }: expected a decimal number from 1 to 16777215, without leading zeros; options are separated by blanks, not by commas`,
    ],
  },
  {
    it: "a word",
    text: "id=5 wat",
    problems: [`: Cannot read ${pod("wat")}: "wat" is no option: expected one of ${clusterOptions}`],
  },
  {
    it: "the line, where there are several",
    text: "id=5\nport=4789",
    problems: [
      `, line 2: Cannot read ${
        pod("port=4789")
      }: "port" is no option (did you mean dstport?): expected one of ${clusterOptions}`,
    ],
  },
];

for (const { it, text, options, problems = [] } of clusterCases) {
  Deno.test(`parseClusterOptions: ${it}`, () => {
    const read = parseClusterOptions(text, configMap);
    assert.deepEqual(read.options, options);
    const prefix = "ConfigMap kube-system/kube-vxlan-controller, key vxeth0";
    assert.deepEqual(read.problems.map(problemText), problems.map((text) => prefix + text));
  });
}
