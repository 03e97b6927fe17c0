// Hostile and accidental text: never an exception, never a value outside the grammar, never work without bound.
import fc from "fast-check";
import assert from "node:assert/strict";
import { isIP } from "node:net";
import { type Member, membership } from "../../../lib/member/member.ts";
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
} from "../../../lib/network/cluster_networks.ts";
import type { Cidr } from "../../../lib/network/grammar/address.ts";
import type { Network } from "../../../lib/network/network.ts";
import { mostProblems, problemText } from "../../../lib/network/problem.ts";
import {
  agentName,
  initAgent,
  initAgentName,
  running,
  samplePod,
  sidecar,
} from "../../member/sample_pods.ts";
import { annotationText, configMapData, grammarLike } from "./network_texts.ts";
import { again, tries } from "../../tools/by_chance.ts";

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const runs = 10_000;

function isCidr({ family, address, prefix }: Cidr): boolean {
  return isIP(address) === family && Number.isInteger(prefix) && prefix >= 0 &&
    prefix <= (family === 4 ? 32 : 128);
}

function isWithin(number: number, from: number, to: number): boolean {
  return Number.isInteger(number) && number >= from && number <= to;
}

/** The grammar once more, in other words: what a command may be made of. */
function faultsOf(network: Network): readonly string[] {
  const label = /^[A-Za-z][A-Za-z0-9_.-]*$/;
  const checks: readonly (readonly [string, boolean])[] = [
    ["name", label.test(network.name) && network.name.length <= 63],
    ["interfaceName", label.test(network.interfaceName) && network.interfaceName.length <= 15],
    ["reserved", !["lo", "all", "default", "up", "dev"].includes(network.interfaceName)],
    [
      "dev",
      label.test(network.underlay) && network.underlay.length <= 15 &&
      network.underlay !== network.interfaceName,
    ],
    ["vni", isWithin(network.vni, 1, 16777215)],
    ["port", isWithin(network.port, 1, 65535)],
    ["family", network.family === 4 || network.family === 6],
    ["mtu", network.mtu === undefined || isWithin(network.mtu, 68, 65535)],
    ["mac", network.mac === undefined || /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(network.mac)],
    ["addresses", network.addresses.every(isCidr)],
    [
      "routes",
      network.routes.every(({ subnet, gateway }) =>
        isCidr(subnet) && (gateway === undefined || isIP(gateway) === subnet.family)
      ),
    ],
  ];
  return checks.filter(([, holds]) => !holds).map(([field]) => field);
}

function judge(annotation: string, cluster: ClusterNetworks): Member {
  const pod = samplePod({ init: [initAgent(running("i1"))], main: [sidecar()] }, { annotation });
  const settings = {
    annotationKey: "vxlan.travelping.com/networks",
    agent: agentName,
    initAgent: initAgentName,
    configMap,
    restrictPods: false,
  };
  const judged = membership(pod, { settings, cluster });
  assert.ok(judged.kind === "member");
  return judged.member;
}

function assertWellFormed(member: Member): void {
  for (const network of member.networks) assert.deepEqual(faultsOf(network), [], JSON.stringify(network));
  const names = [...member.networks.map(({ name }) => name), ...member.unresolved];
  assert.equal(new Set(names).size, names.length);
  const unique = (values: readonly string[]): void => assert.equal(new Set(values).size, values.length);
  unique(member.networks.map(({ interfaceName }) => interfaceName));
  unique(member.networks.map(({ vni, port }) => `${vni}/${port}`));
  const addresses = member.networks.flatMap((network) => network.addresses.map(({ address }) => address));
  unique(addresses.filter((address) => !/^fe[89ab]/.test(address)));
  const isTold = member.problems.length > 0;
  assert.ok(isTold || (member.unresolved.length === 0 && member.annotationParsed));
}

Deno.test("fuzz: any annotation with any ConfigMap gives networks of the grammar, and problems that can be printed", () => {
  let resolved = 0;
  let refused = 0;
  fc.assert(
    fc.property(annotationText, configMapData, (annotation, values) => {
      const cluster = readClusterNetworks(values, { previous: noClusterNetworks, configMap });
      const member = judge(annotation, cluster);
      assertWellFormed(member);
      for (const problem of [...member.problems, ...cluster.problems]) {
        assert.doesNotMatch(problemText(problem), /\p{C}/u);
      }
      resolved += member.networks.length;
      refused += member.unresolved.length;
    }),
    tries(runs),
  );
  assert.ok(
    resolved > runs / 10,
    `only ${resolved} networks were resolved: the generator misses the grammar. ${again()}`,
  );
  assert.ok(
    refused > runs / 10,
    `only ${refused} networks were refused: the generator is too kind. ${again()}`,
  );
});

Deno.test("fuzz: whatever the ConfigMap becomes, no network that was ever good is forgotten", () => {
  fc.assert(
    fc.property(fc.array(fc.option(configMapData, { nil: undefined }), { maxLength: 5 }), (looks) => {
      let known = noClusterNetworks;
      for (const look of looks) {
        const next = readClusterNetworks(look, { previous: known, configMap });
        for (const [key, { state }] of known.networks) {
          assert.ok(state === "unreadable" || next.networks.has(key), key);
        }
        const again = readClusterNetworks(look, { previous: next, configMap });
        assert.deepEqual(again, { ...next, notices: [] });
        known = next;
      }
    }),
    tries(2000),
  );
});

Deno.test("fuzz: a bad entry leaves the networks named before it as they are", () => {
  const bad = fc.constantFrom("-x", "$(id) id=5", "nowhere id=x", "nirgends", "vxeth0");
  const known = { vxeth0: "11", vxeth1: "12", a: "13", b: "14", c: "15" };
  const cluster = readClusterNetworks(known, {
    previous: noClusterNetworks,
    configMap,
  });
  fc.assert(
    fc.property(grammarLike, bad, (annotation, rest) => {
      const before = judge(annotation, cluster).networks;
      const named = new Set(before.map(({ name }) => name));
      const after = judge(`${annotation}\n${rest}`, cluster).networks.filter(({ name }) => named.has(name));
      assert.deepEqual(after, before);
    }),
    tries(1000),
  );
});

/** Texts of the largest size that is read, made to be expensive. A parser that is not linear does not come back. */
const hostile: readonly { readonly it: string; readonly text: string }[] = [
  { it: "commas", text: ",".repeat(65536) },
  { it: "blanks before a fault", text: " ".repeat(65535) + "$" },
  { it: "one word", text: "a".repeat(65536) },
  { it: "one word with a fault at its end", text: "a".repeat(65535) + "$" },
  { it: "one long value", text: "a ip=" + "1".repeat(65531) },
  { it: "dots", text: "a ip=" + "1.".repeat(32765) },
  { it: "colons", text: "a route=" + "::/1:".repeat(13105) },
  { it: "zeros of IPv6", text: "a ip=" + "0:".repeat(32765) },
  { it: "dashes in a namespace", text: "a namespaces=a" + "-".repeat(65520) },
  { it: "many networks", text: Array.from({ length: 9000 }, (_, at) => `n${at}`).join(",") },
  { it: "many networks of one VNI", text: Array.from({ length: 5000 }, (_, at) => `n${at} id=5`).join("\n") },
  {
    it: "many addresses",
    text: `a id=5 ${Array.from({ length: 4000 }, (_, at) => `ip=10.0.${at >> 8}.${at & 255}/8`).join(" ")}`,
  },
  { it: "one option again and again", text: "a" + " id=5".repeat(13000) },
  { it: "words that are no options", text: "a" + " b".repeat(32767) },
  { it: "deep indentation", text: Array.from({ length: 360 }, (_, at) => " ".repeat(at) + "a").join("\n") },
];

for (const { it, text } of hostile) {
  Deno.test(`fuzz, 64 KiB: ${it}`, () => {
    assert.ok(text.length <= 65536);
    const cluster = readClusterNetworks({ a: text.replaceAll(",", " ") }, {
      previous: noClusterNetworks,
      configMap,
    });
    const member = judge(text, cluster);
    assertWellFormed(member);
    assert.ok(member.problems.length <= mostProblems + 1 && cluster.problems.length <= mostProblems + 1);
    assert.ok(Math.max(0, ...member.problems.map((problem) => problemText(problem).length)) < 2000);
  });
}
