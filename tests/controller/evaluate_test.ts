// What is made of what `converge` left behind: one problem for each cause, whether the pod may go, and when to look again.
import assert from "node:assert/strict";
import type { Convergence } from "../../lib/controller/agent/convergence.ts";
import { evaluate } from "../../lib/controller/evaluate.ts";
import { type Member, membership } from "../../lib/member/member.ts";
import { podView } from "../../lib/member/pod.ts";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import type { Problem } from "../../lib/network/problem.ts";
import type { ObservedLink } from "../../lib/overlay/observation.ts";
import type { Step } from "../../lib/overlay/step.ts";
import { aliasOf } from "../../lib/overlay/wanted.ts";
import { annotationKey, memberPod, membershipSettings } from "../member/member_pod.ts";

const link = {
  vni: 101,
  port: 8472,
  family: 4,
  underlay: "eth0",
  mac: "02:00:00:00:00:01",
  why: "it does not exist",
} as const;

const making = (interfaceName: string): readonly Step[] => [
  { kind: "add-link", interfaceName, temporary: "kvx0", ...link },
  { kind: "name-link", interfaceName, temporary: "kvx0", vni: 101, alias: "x", up: true },
];
const appends = (interfaceName: string): readonly Step[] =>
  Array.from({ length: 100 }, (_, i) => ({ kind: "append-fdb", interfaceName, dst: `10.0.0.${i}` }));
const address: Step = { kind: "add-address", interfaceName: "west", cidr: "192.0.2.1/24", family: 4 };

/** Every one of the steps was refused with these words. */
function refused(steps: readonly Step[], message: string): Partial<Convergence> {
  return { steps, refusals: steps.map((step) => ({ step, message })) };
}

const shared: Problem = {
  kind: "conflict",
  source: { kind: "pod", namespace: "default", pod: "a" },
  network: "west",
  token: "192.0.2.1",
  message: "Cannot rely on address 192.0.2.1",
};

/** Interfaces of ours, each with the name of its network. */
function standing(...names: readonly string[]): Partial<Convergence> {
  const links = names.map((name, index): ObservedLink => ({
    ...{ name, index, altnames: [], mtu: 1400, mac: link.mac, up: true, kind: "vxlan", addresses: [] },
    alias: aliasOf(name, annotationKey),
    vxlan: { vni: 7, port: 8472, family: 4, dev: "eth0" },
  }));
  return { kernel: { links, routes: [] } };
}

interface Row {
  readonly it: string;
  readonly left?: Partial<Convergence>;
  readonly networks?: string;
  readonly conflicts?: readonly Problem[];
  readonly state: string;
  readonly released: boolean;
  readonly next: string;
  readonly problems?: readonly RegExp[];
}

const rows: readonly Row[] = [
  { it: "all is there", state: "ready", released: true, next: "done in 7" },
  {
    it: "others have its address: told, and nothing waits for it",
    conflicts: [shared],
    state: "failing",
    released: true,
    next: "done in 7",
    problems: [/^Cannot rely on address/],
  },
  {
    it: "a mistake in the request: an event mends it",
    networks: "west id=101, east id=x",
    state: "failing",
    released: false,
    next: "wait in 7",
    problems: [/^Cannot read "id=x" of network "east"/],
  },
  {
    it: "something in the way",
    left: {
      obstacles: [{ kind: "conflict", network: "west", interfaceName: "west", reason: "the name is taken" }],
    },
    state: "failing",
    released: false,
    next: "retry",
    problems: [/^the name is taken$/],
  },
  {
    it: "an agent without rights, 100 peers: one problem for each interface, with the remedy",
    left: refused([...making("west"), ...making("east")], "RTNETLINK answers: Operation not permitted"),
    networks: "west id=101, east id=102",
    state: "failing",
    released: false,
    next: "retry",
    problems: ["west", "east"].map((name) =>
      new RegExp(
        `^Cannot create interface ${name} .*: RTNETLINK answers: Operation not permitted; .*NET_ADMIN`,
      )
    ),
  },
  {
    it: "a kernel without vxlan: one sentence, with the remedy",
    left: {
      steps: making("west"),
      refusals: making("west").map((step, at) => ({
        step,
        message: at === 0 ? "Error: Unknown device type." : 'Cannot find device "kvx0"',
      })),
    },
    state: "failing",
    released: false,
    next: "retry",
    problems: [/^Cannot create interface west .*: Error: Unknown device type\.; .*modprobe vxlan/],
  },
  {
    it: "100 peers refused: one problem, that does not name the first of them",
    left: refused(appends("west"), "RTNETLINK answers: No buffer space available"),
    state: "failing",
    released: false,
    next: "retry",
    problems: [/^Cannot add entries of several peers to west: RTNETLINK answers: No buffer space available$/],
  },
  {
    it: "two causes are two problems",
    left: {
      steps: [address, ...appends("west")],
      refusals: [{ step: address, message: "RTNETLINK answers: Permission denied" }],
    },
    state: "failing",
    released: false,
    next: "retry",
    problems: [
      /^Cannot add address 192\.0\.2\.1\/24 to west: RTNETLINK answers: Permission denied$/,
      /^Cannot add entries of several peers to west: tried, but it is as before$/,
    ],
  },
  {
    it:
      "an interface of which no form is known, since the network cannot be had: it is told, and an event mends it",
    left: standing("west"),
    networks: "west id=101 metric=5",
    state: "failing",
    released: false,
    next: "wait in 7",
    problems: [
      /"metric" is no option/,
      /^Cannot look after interface "west" \(VNI 7, port 8472\): .* It stays, .* is nobody's peer; mend /,
    ],
  },
  {
    it: "the same, and its network may be what a name means that cannot be read",
    left: standing("east", "west"),
    networks: "west id=101, 9east",
    state: "failing",
    released: false,
    next: "wait in 7",
    problems: [/^Cannot read "9east"/, /^Cannot look after interface "east"/],
  },
  {
    it: "interfaces of networks that it has, or does not name",
    left: standing("east", "west"),
    state: "ready",
    released: true,
    next: "done in 7",
  },
];

const nothingLeft: Convergence = {
  kernel: { links: [], routes: [] },
  ...{ steps: [], obstacles: [], refusals: [], applied: [], entriesMissing: 0, lookIn: 7 },
};

function memberWith(networks: string): Member {
  const pod = podView(memberPod({ name: "a", networks, ip: "10.0.0.1" }), { annotationKey });
  const judged = membership(pod, { settings: membershipSettings, cluster: noClusterNetworks });
  assert.ok(judged.kind === "member");
  return judged.member;
}

for (const { it, left, networks = "west id=101", conflicts = [], problems = [], ...row } of rows) {
  Deno.test(`evaluate: ${it}`, () => {
    const item = { kind: "member", member: memberWith(networks) } as const;
    const { report, outcome } = evaluate(item, {
      result: { ...nothingLeft, ...left },
      annotationKey,
      conflicts,
    });
    const requeueAfter = "requeueAfter" in outcome ? ` in ${outcome.requeueAfter}` : "";
    assert.deepEqual([report.state.kind, report.holds, outcome.kind + requeueAfter], [
      row.state,
      row.released,
      row.next,
    ]);
    const told = report.state.kind === "failing" ? report.state.problems.map(({ message }) => message) : [];
    assert.equal(told.length, problems.length, told.join("; "));
    for (const [at, pattern] of problems.entries()) assert.match(told[at] ?? "", pattern);
  });
}
