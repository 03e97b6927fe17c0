// Does anything that `ip -j` or `bridge -j` may answer, or that pods and ConfigMaps may say, break a reader or the planner?
import assert from "node:assert/strict";
import { FrameReader } from "../../lib/agents/frames.ts";
import { Request } from "../../lib/agents/request.ts";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { parseAnnotation } from "../../lib/network/grammar/annotation.ts";
import { problemText } from "../../lib/network/problem.ts";
import { ReadingError } from "../../lib/overlay/iproute2/fields.ts";
import { readFdbEntries, readRefusals } from "../../lib/overlay/iproute2/read.ts";
import { readLinks } from "../../lib/overlay/iproute2/read_links.ts";
import { readRoutes } from "../../lib/overlay/iproute2/read_routes.ts";
import { readRules } from "../../lib/overlay/iproute2/read_rules.ts";
import { render } from "../../lib/overlay/iproute2/render.ts";
import type { Observation } from "../../lib/overlay/observation.ts";
import { plan } from "../../lib/overlay/plan/plan.ts";
import {
  anInterface,
  annotationKey,
  anObservation,
  aWantedState,
  cidrs,
  routes,
} from "../overlay/plan/worlds.ts";
import { fuzz } from "./fuzzing.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const folder = new URL("../testdata/overlay/", import.meta.url);

/** What the tools really answered, a line each. */
function answersOf(tool: "ip" | "bridge"): readonly Uint8Array[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(`.${tool}`))
    .sort()
    .flatMap((name) => Deno.readTextFileSync(new URL(name, folder)).trim().split("\n"))
    .map((line) => encoder.encode(line));
}

const words = [
  ...[
    '"ifname":',
    '"linkinfo":',
    '"info_kind":"vxlan"',
    '"info_data":{"id":1,"port":8472}',
    '"link":"eth0"',
    "null",
  ],
  ...[
    '"addr_info":[',
    '"dst":',
    '"default"',
    '"gateway":"10.0.0.1"',
    '"nexthops":[{}]',
    '"__proto__":{',
    "{},",
    "[[",
  ],
  ...[
    '"ifalias":"kube-vxlan-controller:network=vxeth0,annotation=vxlan.travelping.com/networks"',
    "-1",
    "1e999",
  ],
  ...[
    '"local":"fd00::1"',
    '"local6":"::"',
    '"mac":"00:00:00:00:00:00"',
    "\\u0000",
    "\\ud800",
    '"flags":["UP"]',
  ],
];

const wanted = aWantedState([
  anInterface({
    addresses: cidrs("192.0.2.1/24"),
    routes: routes("198.51.100.0/24 via 192.0.2.2"),
    peers: ["10.0.0.7"],
  }),
  anInterface({ name: "vxeth1", vni: 101, family: 6, local: "fd00::7", peers: ["fd00::8"] }),
  anInterface({ name: "vxeth2", vni: 102, underlay: "vxeth0" }),
]);

/** Whatever was read, its plan can be written as commands, and says what is wrong in bounded sentences. */
function planned(observed: Observation): void {
  const { steps, obstacles } = plan({ wanted, observed, ourAddresses: new Map() });
  for (const step of steps) assert.doesNotMatch(render(step, { chance: 0 }).text, /[^ -~]/);
  for (const { reason } of obstacles) assert.ok(reason.length < 1_500, `${reason.length} characters`);
}

/** Gives what was read; undefined when that was refused, in a bounded sentence. */
function read<T>(reader: () => T): T | undefined {
  try {
    return reader();
  } catch (error) {
    if (!(error instanceof ReadingError)) throw error;
    assert.ok(error.message.length < 500, `${error.message.length} characters`);
    return undefined;
  }
}

fuzz({
  name: "ip -j",
  samples: answersOf("ip"),
  words,
  tryOne: (input) => {
    const line = decoder.decode(input);
    const links = read(() => readLinks(line));
    const found = read(() => readRoutes(line));
    for (const family of [4, 6] as const) read(() => readRules(line, family));
    if (links !== undefined) planned({ ...anObservation(), links });
    if (found !== undefined) planned({ ...anObservation(), routes: found });
  },
});

fuzz({
  name: "bridge -j, and what both say on stderr",
  samples: [...answersOf("bridge"), encoder.encode("RTNETLINK answers: File exists\nCommand failed -:1\n")],
  words: [...words, "Command failed -:", "\n"],
  tryOne: (input) => {
    const line = decoder.decode(input);
    const fdb = read(() => readFdbEntries(line));
    if (fdb !== undefined) planned({ ...anObservation(), fdb });
    for (const { message } of readRefusals(line)) assert.ok(message.length <= 401);
  },
});

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const source = { kind: "annotation", key: annotationKey, namespace: "default", pod: "a" } as const;

fuzz({
  name: "annotation and ConfigMap",
  samples: [
    "vxeth0, vxeth1 id=1000 dev=tun0",
    "vxeth0\n  id=5 ip=10.0.0.1/24 ip=fd00::1/64\n  route=10.1.0.0/16:10.0.0.2\nvxeth1 up=false mtu=1400",
    "id=7 subnet=10.0.0.0/24 range=10.0.0.10-10.0.0.20 exclude=10.0.0.12 namespaces=web,db family=6 dstport=4789",
  ].map((text) => encoder.encode(text)),
  words: [
    "\r\n",
    "\t",
    ",",
    "=",
    "ip=",
    "mac=02:00:00:00:00:01",
    "__proto__",
    "+ordinal",
    "\u202e",
    "\u001b[2J",
    "id=0145",
  ],
  tryOne: (input) => {
    const text = decoder.decode(input);
    const annotation = parseAnnotation(text, source);
    const cluster = readClusterNetworks({ vxeth0: text, [text.slice(0, 63)]: "5" }, {
      previous: noClusterNetworks,
      configMap,
    });
    for (const problem of [...annotation.problems, ...cluster.problems]) {
      assert.ok(problemText(problem).length < 2_000, `${problemText(problem).length} characters`);
      assert.doesNotMatch(problemText(problem), /\p{C}/u);
    }
  },
});

fuzz({
  name: "frames of the agent's program",
  samples: [
    "hello 1 0\n\n",
    "out 1 3\n[]\n\nend 2 1\n1\n",
    "err 1 5\nError\nnote 1 0\n\ndied 1 4\nexit\nend 2 1\n1\n",
  ]
    .map((text) => encoder.encode(text)),
  words: [
    "out 1 ",
    "end 2 1\n1\n",
    "err 1 0\n\n",
    "released 1 0\n\n",
    "32768\n",
    "refused 1 1\nx\n",
    "99999",
  ],
  tryOne: async (input) => {
    const reader = new FrameReader();
    const request = new Request({ lines: 1, cap: 1 << 16, token: "1" });
    try {
      for (let at = 0; at < input.length; at += 7) {
        for (const frame of reader.push(input.subarray(at, at + 7))) {
          if (request.take(frame)) return void await request.answered;
        }
      }
    } catch (error) {
      assert.ok(error instanceof Error && error.message.length < 500);
      assert.ok(!(error instanceof TypeError || error instanceof ReferenceError), String(error));
    }
  },
});
