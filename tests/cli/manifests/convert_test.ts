// What becomes of manifests for Multus: each form of the annotation and of the definitions, and what stays and is named.
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { convertCommand } from "../../../lib/cli/manifests/convert.ts";
import { lintCommand } from "../../../lib/cli/manifests/lint.ts";
import { runOn } from "../test_host.ts";

const multus = "k8s.v1.cni.cncf.io/networks";
const ours = "vxlan.travelping.com/networks";

function pod(networks: unknown, more: object = {}): string {
  const text = typeof networks === "string" ? networks : JSON.stringify(networks);
  const metadata = { name: "a", namespace: "lab", annotations: { [multus]: text, ...more } };
  return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [] } });
}

function definition(name: string, config: unknown, namespace = "lab"): string {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const metadata = { name, namespace };
  const kind = "NetworkAttachmentDefinition";
  return JSON.stringify({ apiVersion: "k8s.cni.cncf.io/v1", kind, metadata, spec: { config: text } });
}

const bridge = (ipam: object = {}): object => ({ type: "bridge", ipam });

interface Row {
  readonly it: string;
  readonly documents: readonly string[];
  readonly args?: readonly string[];
  /** Without `--with-configmap`. */
  readonly inline?: true;
  /** Our annotation; absent: none. */
  readonly annotation?: string;
  /** What stays in that of Multus. */
  readonly stays?: unknown;
  /** The ConfigMap without its ids. */
  readonly networks?: Readonly<Record<string, string>>;
  readonly notes?: readonly RegExp[];
}

const rows: readonly Row[] = [
  {
    it: "the short form: Multus numbers interfaces by their place",
    documents: [definition("one", bridge()), definition("two", bridge()), pod("one, lab/two@n2")],
    annotation: "one name=net1, two name=n2",
    networks: { one: "", two: "" },
  },
  {
    it: "the JSON form: interface, addresses of both families, MAC",
    documents: [
      definition("one", bridge()),
      pod([{ name: "one", interface: "n3", ips: ["10.1.0.5/24", "fd00::5/64"], mac: "02:00:00:00:00:05" }]),
    ],
    annotation: "one name=n3 ip=10.1.0.5/24 ip=fd00::5/64 mac=02:00:00:00:00:05",
    networks: { one: "" },
  },
  {
    it: "an address without prefix length: that of the definition's subnet",
    documents: [
      definition("one", bridge({ type: "host-local", subnet: "10.1.0.0/24" })),
      pod([{ name: "one", interface: "one", ips: ["10.1.0.5"] }]),
    ],
    annotation: "one ip=10.1.0.5/24",
    networks: { one: "subnet=10.1.0.0/24" },
  },
  {
    it: "an address without prefix length and no subnet: it stays",
    documents: [definition("one", bridge()), pod([{ name: "one", ips: ["10.1.0.5"] }])],
    stays: [{ name: "one", ips: ["10.1.0.5"] }],
    networks: { one: "" },
    notes: [/network "one" stays with Multus: address "10\.1\.0\.5" has no prefix length/],
  },
  {
    it: "host-local with a range, whereabouts with exclusions",
    documents: [
      definition(
        "one",
        bridge({
          type: "host-local",
          ranges: [[{ subnet: "10.1.0.0/24", rangeStart: "10.1.0.10", rangeEnd: "10.1.0.20" }]],
        }),
      ),
      definition(
        "two",
        bridge({ type: "whereabouts", range: "10.2.0.0/24", exclude: ["10.2.0.1/32", "10.2.0.16/28"] }),
      ),
      pod("one,two"),
    ],
    annotation: "one name=net1, two name=net2",
    networks: {
      one: "subnet=10.1.0.0/24 range=10.1.0.10-10.1.0.20",
      two: "subnet=10.2.0.0/24 exclude=10.2.0.1,10.2.0.16/28",
    },
  },
  {
    it: "static addresses and routes of a definition; its default route is nobody's wish",
    documents: [
      definition(
        "one",
        bridge({
          type: "static",
          addresses: [{ address: "10.1.0.5/24", gateway: "10.1.0.1" }],
          routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }, { dst: "10.9.0.0/16", gw: "10.1.0.1" }],
        }),
      ),
      pod([{ name: "one", interface: "one" }]),
    ],
    annotation: "one ip=10.1.0.5/24 route=10.9.0.0/16:10.1.0.1",
    networks: { one: "" },
  },
  {
    it: "a gateway beside the standard asks for no default route",
    documents: [
      definition("one", bridge()),
      pod([{ name: "one", interface: "one", ips: ["10.1.0.5/24"], gateway: ["10.1.0.1"] }]),
    ],
    annotation: "one ip=10.1.0.5/24",
    networks: { one: "" },
  },
  {
    it: "default-route asks for one",
    documents: [
      definition("one", bridge()),
      pod([{ name: "one", interface: "one", ips: ["10.1.0.5/24"], "default-route": ["10.1.0.1"] }]),
    ],
    annotation: "one ip=10.1.0.5/24 gateway=10.1.0.1",
    networks: { one: "" },
  },
  {
    it: "--map: many definitions become one network",
    documents: [
      definition("n2-amf", bridge()),
      pod([{ name: "n2-gnb", interface: "n2", ips: ["10.1.0.5/29"] }]),
    ],
    args: ["--map", "n2-*=n2"],
    annotation: "n2 ip=10.1.0.5/29",
    networks: { n2: "" },
  },
  {
    it: "two interfaces in one network: the second stays",
    documents: [definition("n2-a", bridge()), definition("n2-b", bridge()), pod("n2-a@x,n2-b@y")],
    args: ["--map", "n2-*=n2"],
    annotation: "n2 name=x",
    stays: "n2-b@y",
    networks: { n2: "" },
    notes: [/network "n2-b" stays with Multus: a pod has one interface in network n2/],
  },
  {
    it: "SR-IOV and host-device stay, and so do their entries",
    documents: [
      definition("fast", { type: "sriov" }),
      definition("card", { plugins: [{ type: "host-device" }] }),
      definition("one", bridge()),
      pod("fast,one,card"),
    ],
    annotation: "one name=net2",
    stays: "fast, card",
    networks: { one: "" },
    notes: [
      /^NetworkAttachmentDefinition lab\/fast: Cannot convert it: type "sriov"/,
      /^NetworkAttachmentDefinition lab\/card: Cannot convert it: type "host-device"/,
      /^Pod lab\/a: network "fast" stays with Multus: type "sriov"/,
      /^Pod lab\/a: network "card" stays with Multus: type "host-device"/,
    ],
  },
  {
    it: "a definition that is elsewhere stays, unless --map names it",
    documents: [pod("elsewhere")],
    stays: "elsewhere",
    notes: [/network "elsewhere" stays with Multus: its definition is not among the documents.*--map/],
  },
  {
    it: "an interface name that is none of ours to make",
    documents: [definition("one", bridge()), pod("one@a-name-of-20-letters")],
    stays: "one@a-name-of-20-letters",
    networks: { one: "" },
    notes: [/stays with Multus: .*it has 20 characters: expected at most 15/],
  },
  {
    it: "an annotation that cannot be read",
    documents: [definition("one", bridge()), pod("[{")],
    stays: "[{",
    networks: { one: "" },
    notes: [/Cannot read annotation k8s\.v1\.cni\.cncf\.io\/networks: it is no list in JSON/],
  },
  {
    it: "a config on the nodes, and one that is no JSON",
    documents: [definition("one", "x"), definition("two", "{}"), pod("one,two")],
    stays: "one,two",
    notes: [/config is no JSON object/, /type "" is no network/, /"one" stays/, /"two" stays/],
  },
  {
    it: "plugins, VLAN tags and addresses of DHCP are left out, and that is said",
    documents: [
      definition("one", {
        plugins: [{ type: "macvlan", vlan: 7, ipam: { type: "dhcp" } }, { type: "bandwidth" }, {
          type: "tuning",
        }],
      }),
      pod("one"),
    ],
    annotation: "one name=net1",
    networks: { one: "" },
    notes: [/plugin "bandwidth" is left out/, /VLAN tag is left out/, /ipam type "dhcp"/],
  },
  {
    it: "the default network stays",
    documents: [definition("one", bridge()), pod("one", { "v1.multus-cni.io/default-network": "main" })],
    annotation: "one name=net1",
    networks: { one: "" },
    notes: [/default-network stays/],
  },
  {
    it: "what we had already stays in front",
    documents: [definition("two", bridge()), pod("two", { [ours]: "one id=7" })],
    annotation: "one id=7, two name=net1",
    networks: { two: "" },
  },
  {
    it: "without a ConfigMap ids stand in the annotation",
    documents: [definition("one", bridge({ type: "host-local", subnet: "10.1.0.0/24" })), pod("one@one")],
    inline: true,
    annotation: "one id=4124719",
    notes: [/subnet=10\.1\.0\.0\/24 is left out: it belongs into the ConfigMap, key one/],
  },
];

Deno.test("what Multus names becomes ours", async (t) => {
  for (const { it, documents, inline, annotation, stays, networks, notes = [], ...row } of rows) {
    await t.step(it, async () => {
      const args = [...row.args ?? [], ...inline ? [] : ["--with-configmap"]];
      const input = documents.join("\n---\n") + "\n";
      const { status, printed, complained } = await runOn([convertCommand], {
        args: ["convert", ...args],
        input,
      });
      assert.equal(status, 0, complained);
      const objects = parseAllDocuments(printed).map((document) => document.toJS());
      const [{ metadata }] = objects.filter(({ kind }) => kind === "Pod");
      assert.equal(metadata.annotations[ours], annotation);
      const left = metadata.annotations[multus];
      assert.deepEqual(typeof stays === "object" && left !== undefined ? JSON.parse(left) : left, stays);
      const [map] = objects.filter(({ kind }) => kind === "ConfigMap");
      assert.deepEqual(map === undefined ? undefined : withoutIds(map.data), networks);
      const said = complained === "" ? [] : complained.split("\n");
      assert.equal(said.length, notes.length, complained);
      for (const [at, note] of notes.entries()) assert.match(said[at] ?? "", note);
      const again = await runOn([convertCommand], { args: ["convert", ...args], input: `${printed}\n` });
      assert.equal(again.printed, printed, "twice is as once");
      const linted = await runOn([lintCommand], { args: ["lint"], input: `${printed}\n` });
      assert.equal(linted.status, 0, linted.printed);
    });
  }
});

function withoutIds(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => {
      assert.match(text, /^id=\d+/);
      return [name, text.replace(/^id=\d+ ?/, "")];
    }),
  );
}

Deno.test("a chart's comments, order and odd values survive; what is not ours keeps every byte", async () => {
  const input = await Deno.readTextFile(new URL("../../testdata/charts/core.yaml", import.meta.url));
  const args = ["convert", "--map", "n2network-*=n2,n4network-*=n4"];
  const { printed, complained } = await runOn([convertCommand], { args, input });
  const [first = ""] = input.split("---\n# Source: core/charts/amf/templates/amf-n2-nad.yaml");
  assert.ok(printed.startsWith(first), "the documents before are as they were");
  for (
    const text of [
      "# the function",
      "# Forwarding between N3 and N6.",
      'command: ["./amf"]',
      "name: n6network-lab-upf",
    ]
  ) {
    assert.ok(printed.includes(text), text);
  }
  assert.match(complained, /NetworkAttachmentDefinition n6network-lab-upf: Cannot convert it: type "sriov"/);
});

Deno.test("half of a chart does not go through: YAML that cannot be read is an error with its line", async () => {
  const input = `${pod("one")}\n---\na: b: c\n`;
  const { status, printed, complained } = await runOn([convertCommand], { args: ["convert"], input });
  assert.deepEqual([status, printed], [1, ""]);
  assert.match(complained, /^error: stdin, line 3: Cannot read the YAML: /);
});

Deno.test("--map that cannot be read", async () => {
  const { status, complained } = await runOn([convertCommand], {
    args: ["convert", "--map", "a=b,c"],
    input: "",
  });
  assert.equal(status, 2);
  assert.match(complained, /Cannot use --map="a=b,c": "c" is no NAME=NETWORK/);
});
