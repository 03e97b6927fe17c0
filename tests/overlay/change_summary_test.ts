// Does one line tell what was changed in a pod, and not more than a person wants to read?
import assert from "node:assert/strict";
import { changeSummary } from "../../lib/overlay/step_text.ts";
import type { Step } from "../../lib/overlay/step.ts";

const add: Step = {
  kind: "add-link",
  interfaceName: "west",
  temporary: "kvx0",
  vni: 101,
  port: 8472,
  family: 4,
  underlay: "eth0",
  mac: "02:00:00:00:00:01",
  why: "it does not exist",
};

const cases: readonly { readonly it: string; readonly steps: readonly Step[]; readonly line: string }[] = [
  {
    it: "tells of a new interface without what goes without saying",
    steps: [
      add,
      { kind: "name-link", interfaceName: "west", temporary: "kvx0", vni: 101, alias: "x", up: true },
      { kind: "add-address", interfaceName: "west", cidr: "192.168.11.2/29", family: 4 },
      { kind: "append-fdb", interfaceName: "west", dst: "10.0.0.2" },
      { kind: "append-fdb", interfaceName: "west", dst: "10.0.0.3" },
    ],
    line: "west: created (VNI 101 on eth0), address 192.168.11.2/29 added, 2 peers added",
  },
  {
    it: "says why an interface was replaced",
    steps: [{ kind: "delete-link", interfaceName: "west", why: "its VNI is 7, wanted is 101" }, add],
    line: "west: replaced (VNI 101 on eth0): its VNI is 7, wanted is 101",
  },
  {
    it: "says what an interface is no port of any more",
    steps: [{ kind: "delete-link", interfaceName: "west", why: "its VNI is 7, wanted is 101" }, {
      ...add,
      noPortOf: "ovs-system",
    }],
    line: "west: replaced (VNI 101 on eth0): its VNI is 7, wanted is 101; " +
      'it is no port of "ovs-system" any more',
  },
  {
    it: "keeps interfaces apart",
    steps: [
      { kind: "append-fdb", interfaceName: "west", dst: "10.0.0.2" },
      { kind: "delete-fdb", interfaceName: "east", mac: "00:00:00:00:00:00", dst: "10.0.0.9" },
      { kind: "delete-fdb", interfaceName: "east", mac: "02:00:00:00:00:09", dst: "10.0.0.9" },
    ],
    line: "west: 1 peer added; east: 1 peer removed",
  },
  {
    it: "says that a link of somebody else was adopted, and that one was brought up",
    steps: [{ kind: "set-alias", interfaceName: "west", alias: "x" }, {
      kind: "set-up",
      interfaceName: "west",
    }],
    line: "west: adopted, brought up",
  },
  {
    it: "counts what would make the line too long",
    steps: Array.from(
      { length: 14 },
      (_, i): Step => ({ kind: "add-address", interfaceName: "west", cidr: `10.0.${i}.1/24`, family: 4 }),
    ),
    line: `west: ${
      Array.from({ length: 10 }, (_, i) => `address 10.0.${i}.1/24 added`).join(", ")
    }, 4 more changes`,
  },
];

for (const { it, steps, line } of cases) {
  Deno.test(`change summary: ${it}`, () => assert.equal(changeSummary(steps), line));
}
