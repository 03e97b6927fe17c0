// Membership: who is a member, who is refused and for which reason, and what a member's warnings and networks are.
import assert from "node:assert/strict";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import {
  type Member,
  type Membership,
  membership,
  type MembershipSettings,
} from "../../lib/member/member.ts";
import type { PodView } from "../../lib/member/pod.ts";
import { type Problem, problemText } from "../../lib/network/problem.ts";
import {
  agentName,
  initAgent,
  initAgentName,
  nativeSidecar,
  plainContainer,
  running,
  samplePod,
  sidecar,
  terminated,
} from "./sample_pods.ts";

const settings: MembershipSettings = {
  annotationKey: "vxlan.travelping.com/networks",
  agent: agentName,
  initAgent: initAgentName,
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  restrictPods: false,
};

const cluster = readClusterNetworks({ vxeth0: "id=1000", vxeth1: "id=1001", v6: "id=6 family=6" }, {
  previous: noClusterNetworks,
  configMap: settings.configMap,
});

function judge(pod: PodView): Membership {
  return membership(pod, { settings, cluster });
}

function shownProblems(problems: readonly Problem[]): readonly string[] {
  return problems.map((problem) => `${problem.kind}: ${problemText(problem)}`);
}

function shown(judged: Membership): string {
  switch (judged.kind) {
    case "none":
      return `none: ${judged.reason}`;
    case "refused":
      return ["refused", ...shownProblems(judged.problems)].join("\n");
    case "pending":
    case "member":
      return judged.kind;
  }
}

function memberOf(pod: PodView): Member {
  const judged = judge(pod);
  assert.ok(judged.kind === "member", shown(judged));
  return judged.member;
}

const { annotation: _, ...withoutAnnotation } = samplePod({ init: [initAgent()], main: [sidecar()] });
const pair = { init: [initAgent(running("i1"))], main: [sidecar()] };

const noNetAdmin = (name: string): string =>
  `agent-unfit: pod default/a: Cannot set up networks from container "${name}": it lacks the capability NET_ADMIN; ` +
  'add it as securityContext: { capabilities: { add: ["NET_ADMIN"] } }';
const noRoot = (name: string, found: string): string =>
  `agent-unfit: pod default/a: Cannot set up networks from container "${name}": it does not run as root (${found}), ` +
  "so NET_ADMIN has no effect; give it securityContext: { runAsUser: 0, runAsNonRoot: false }";
const hostNetwork =
  "host-network: pod default/a: Cannot serve the pod: it has hostNetwork: true, so its interfaces " +
  "would be the node's; leave hostNetwork out";
const noAgent = 'agent-missing: pod default/a: Cannot serve the pod: it has no agent; add init container "' +
  `${initAgentName}" and container "${agentName}", or init container "${agentName}" with restartPolicy: Always`;

/** `judged` is the kind, with the problems in lines of their own. */
const judgements: readonly {
  readonly it: string;
  readonly pod: PodView;
  readonly judged: readonly string[];
}[] = [
  { it: "the classic pair", pod: samplePod(pair), judged: ["member"] },
  { it: "no annotation, and held by its init agent", pod: withoutAnnotation, judged: ["member"] },
  { it: "finished", pod: samplePod(pair, { phase: "Succeeded" }), judged: ["none: finished"] },
  { it: "failed", pod: samplePod(pair, { phase: "Failed" }), judged: ["none: finished"] },
  { it: "a phase that says nothing", pod: samplePod(pair, { phase: "Unknown" }), judged: ["member"] },
  { it: "no pod IP yet", pod: samplePod(pair, { podIPs: [] }), judged: ["pending"] },
  {
    it: "a pod IP that cannot be used",
    pod: samplePod(pair, { podIPs: [], unusableIp: "::ffff:10.0.0.1" }),
    judged: [
      "refused",
      'setup-failed: pod default/a: Cannot serve the pod: its pod IP is "::ffff:10.0.0.1", expected the address of one host, ' +
      "IPv4 or IPv6, without a zone; the network plugin gives it",
    ],
  },
  {
    it:
      "no annotation, held by its init agent, and a pod IP that cannot be used: it cannot be let go, and is told why",
    pod: { ...withoutAnnotation, podIPs: [], unusableIp: "fe80::1%eth0" },
    judged: [
      "refused",
      'setup-failed: pod default/a: Cannot serve the pod: its pod IP is "fe80::1%eth0", expected the address of one host, ' +
      "IPv4 or IPv6, without a zone; the network plugin gives it",
    ],
  },
  {
    it: "no pod IP, and never a member: refused at once",
    pod: samplePod({}, { podIPs: [] }),
    judged: ["refused", noAgent],
  },
  {
    it: "finished before it was refused",
    pod: samplePod({}, { phase: "Failed" }),
    judged: ["none: finished"],
  },
  { it: "hostNetwork", pod: samplePod(pair, { hostNetwork: true }), judged: ["refused", hostNetwork] },
  {
    it: "all reasons at once",
    pod: samplePod({ main: [plainContainer("c")] }, { hostNetwork: true }),
    judged: ["refused", hostNetwork, noAgent],
  },
  { it: "no agent", pod: samplePod({ main: [plainContainer("c")] }), judged: ["refused", noAgent] },
  {
    it: "the agents' names on the wrong side",
    pod: samplePod({ main: [initAgent()] }),
    judged: ["refused", noAgent],
  },
  {
    it: "init agent only",
    pod: samplePod({ init: [initAgent(running("i1"))], main: [plainContainer("c")] }),
    judged: [
      "refused",
      `agent-missing: pod default/a: Cannot serve the pod: it has the init agent "${initAgentName}" only; add the ` +
      `sidecar agent, a container "${agentName}"`,
    ],
  },
  {
    it: "a native sidecar without restartPolicy",
    pod: samplePod({ init: [nativeSidecar({ restartable: false })] }),
    judged: [
      "refused",
      `agent-missing: pod default/a: Cannot serve the pod: init container "${agentName}" is no sidecar; give it ` +
      "restartPolicy: Always",
    ],
  },
  { it: "sidecar only", pod: samplePod({ main: [sidecar()] }), judged: ["member"] },
  { it: "native sidecar", pod: samplePod({ init: [nativeSidecar()] }), judged: ["member"] },
  {
    it: "no NET_ADMIN in either agent",
    pod: samplePod({ init: [initAgent({ netAdmin: false })], main: [sidecar({ netAdmin: false })] }),
    judged: ["refused", noNetAdmin(initAgentName), noNetAdmin(agentName)],
  },
  {
    it: "a native sidecar without NET_ADMIN",
    pod: samplePod({ init: [nativeSidecar({ netAdmin: false })] }),
    judged: ["refused", noNetAdmin(agentName)],
  },
  {
    it: "an agent of another user",
    pod: samplePod({ init: [initAgent()], main: [sidecar({ runAsUser: 1000 })] }),
    judged: ["refused", noRoot(agentName, "runAsUser: 1000")],
  },
  {
    it: "an agent that must not be root",
    pod: samplePod({ init: [initAgent({ runAsNonRoot: true })], main: [sidecar()] }),
    judged: ["refused", noRoot(initAgentName, "runAsNonRoot: true")],
  },
  {
    it: "an agent that is root by name",
    pod: samplePod({ init: [initAgent({ runAsUser: 0 })], main: [sidecar({ runAsUser: 0 })] }),
    judged: ["member"],
  },
  {
    it: "a shared process namespace with the classic pair",
    pod: samplePod(pair, { shareProcessNamespace: true }),
    judged: [
      "refused",
      `agent-unfit: pod default/a: Cannot release the pod from its init agent "${initAgentName}": with ` +
      "shareProcessNamespace the TERM signal would end the pod's sandbox; leave shareProcessNamespace out or use a " +
      "native sidecar",
    ],
  },
  {
    it: "the node's process namespace with the classic pair",
    pod: samplePod(pair, { hostPID: true }),
    judged: [
      "refused",
      `agent-unfit: pod default/a: Cannot release the pod from its init agent "${initAgentName}": with hostPID: true the ` +
      "TERM signal would go to the init process of the node; leave hostPID out or use a native sidecar",
    ],
  },
  {
    it: "the node's process namespace with a native sidecar",
    pod: samplePod({ init: [nativeSidecar()] }, { hostPID: true }),
    judged: ["member"],
  },
  {
    it: "a pod of Windows, whatever its agents are",
    pod: samplePod({ init: [initAgent({ netAdmin: false })] }, { windows: true }),
    judged: [
      "refused",
      "agent-unfit: pod default/a: Cannot serve the pod: it runs on Windows (spec.os or nodeSelector), and networks are " +
      "made with the kernel and the tools of Linux; take the label off the pod",
    ],
  },
  {
    it: "a shared process namespace with a native sidecar",
    pod: samplePod({ init: [nativeSidecar()] }, { shareProcessNamespace: true }),
    judged: ["member"],
  },
  {
    it: "an init agent that never ends",
    pod: samplePod({ init: [initAgent({ restartable: true })], main: [sidecar()] }),
    judged: [
      "refused",
      `agent-unfit: pod default/a: Cannot release the pod from its init agent "${initAgentName}": with restartPolicy: ` +
      `Always it would start again and again; leave restartPolicy out, or call it "${agentName}"`,
    ],
  },
];

for (const { it, pod, judged } of judgements) {
  Deno.test(`membership: ${it}`, () => assert.equal(shown(judge(pod)), judged.join("\n")));
}

const warnings: readonly {
  readonly it: string;
  readonly pod: PodView;
  readonly warnings: readonly string[];
}[] = [
  { it: "none for the classic pair", pod: samplePod(pair), warnings: [] },
  { it: "none for a gated native sidecar", pod: samplePod({ init: [nativeSidecar()] }), warnings: [] },
  {
    it: "sidecar only",
    pod: samplePod({ main: [sidecar()] }),
    warnings: [
      `agent-missing: pod default/a: Cannot hold the pod until its networks are there: it has a sidecar agent ` +
      `"${agentName}" and no init agent, so its other containers may start before their interfaces exist`,
    ],
  },
  {
    it: "an init agent that is not first",
    pod: samplePod({ init: [plainContainer("x"), initAgent()], main: [sidecar()] }),
    warnings: [
      `agent-unfit: pod default/a: Cannot give the networks to init containers before "${initAgentName}": make the ` +
      "agent the first init container",
    ],
  },
  {
    it: "a native sidecar without startup probe",
    pod: samplePod({ init: [nativeSidecar({ startupProbe: false })] }),
    warnings: [
      `agent-unfit: pod default/a: Cannot hold the pod until its networks are there: native sidecar "${agentName}" ` +
      "has no startup probe; add one that waits for kube-vxlan-controller:ready in /sys/class/net/lo/ifalias",
    ],
  },
  {
    it: "a native sidecar without startup probe behind an init agent: that one holds the pod",
    pod: samplePod({ init: [initAgent(), nativeSidecar({ startupProbe: false })] }),
    warnings: [],
  },
];

for (const row of warnings) {
  Deno.test(`membership, warnings: ${row.it}`, () => {
    assert.deepEqual(shownProblems(memberOf(row.pod).warnings), row.warnings);
  });
}

interface NetworksRow {
  readonly it: string;
  readonly annotation: string;
  readonly podIPs?: readonly string[];
  readonly networks: readonly string[];
  readonly unresolved?: readonly string[];
  readonly incomplete?: true;
  /** Kind and place. */
  readonly problems?: readonly string[];
}

const networks: readonly NetworksRow[] = [
  { it: "the seed's two", annotation: "vxeth0, vxeth1", networks: ["vxeth0", "vxeth1"] },
  { it: "none: an empty annotation parses", annotation: "", networks: [] },
  {
    it: "a name that cannot be read",
    annotation: "vxeth0\n-x",
    networks: ["vxeth0"],
    incomplete: true,
    problems: ["invalid-option 2"],
  },
  {
    it: "problems of grammar and of resolution, by line",
    annotation: "nowhere\nvxeth0 id=x\nnirgends\nvxeth1",
    networks: ["vxeth1"],
    unresolved: ["nirgends", "nowhere", "vxeth0"],
    problems: ["unknown-network 1", "invalid-option 2", "unknown-network 3"],
  },
  {
    it: "a network of IPv6 without an IPv6 pod IP",
    annotation: "v6, vxeth0",
    networks: ["vxeth0"],
    unresolved: ["v6"],
    problems: ["setup-failed 1"],
  },
  {
    it: "a network of IPv6 with one",
    annotation: "v6, vxeth0",
    podIPs: ["10.244.0.5", "fd00::5"],
    networks: ["v6", "vxeth0"],
  },
  {
    it: "a network of IPv4 without an IPv4 pod IP",
    annotation: "v6, vxeth0",
    podIPs: ["fd00::5"],
    networks: ["v6"],
    unresolved: ["vxeth0"],
    problems: ["setup-failed 1"],
  },
];

Deno.test("membership: an agent that has ended for good is a problem, unless the pod is going", () => {
  const ended = samplePod({
    main: [sidecar({ ...terminated("s"), endedForGood: true }), plainContainer("app")],
  });
  const [problem, ...others] = memberOf(ended).problems;
  assert.deepEqual([problem?.kind, others], ["agent-missing", []]);
  assert.match(problem?.message ?? "", /its agent "vxlan-controller-agent" has ended, .*; replace the pod/);
  assert.deepEqual(memberOf({ ...ended, deletion: { graceSeconds: 30 } }).problems, []);
  const again = samplePod({ main: [sidecar(terminated("s")), plainContainer("app")] });
  assert.deepEqual(memberOf(again).problems, [], "it comes again");
});

for (const row of networks) {
  Deno.test(`membership, networks: ${row.it}`, () => {
    const podIPs = row.podIPs ?? ["10.244.0.5"];
    const member = memberOf(samplePod(pair, { annotation: row.annotation, podIPs }));
    assert.deepEqual(member.networks.map(({ name }) => name), row.networks);
    assert.deepEqual(member.unresolved, row.unresolved ?? []);
    assert.equal(member.annotationParsed, row.incomplete === undefined);
    assert.deepEqual(member.problems.map(({ kind, line }) => `${kind} ${line}`), row.problems ?? []);
  });
}

Deno.test("membership: a network that no pod IP can carry says which would", () => {
  const [problem] = memberOf(samplePod(pair, { annotation: "v6" })).problems;
  assert.ok(problem !== undefined);
  assert.equal(
    problemText(problem),
    "annotation vxlan.travelping.com/networks of pod default/a, line 1: " +
      'Cannot give the pod network "v6": pod IPs of IPv6 carry it, and the pod has 10.244.0.5 only; ' +
      "family=4 in its ConfigMap entry makes it one for such pods",
  );
});

Deno.test("membership: a removed network is for its holders", () => {
  const context = { previous: cluster, configMap: settings.configMap };
  const later = readClusterNetworks({ vxeth1: "id=1001" }, context);
  const had = memberOf(samplePod(pair)).networks;
  const networksOf = (holds: boolean): unknown => {
    const judged = membership(samplePod(pair), {
      settings,
      cluster: later,
      lastGood: new Map(holds ? had.map((network) => [network.name, network]) : []),
    });
    return judged.kind === "member" ? judged.member.networks.map(({ vni }) => vni) : judged;
  };
  assert.deepEqual([networksOf(true), networksOf(false)], [[1000], []]);
});

Deno.test("membership: a restricted pod is told so", () => {
  const pod = samplePod(pair, { annotation: "vxeth0 id=5" });
  const judged = membership(pod, {
    settings: { ...settings, restrictPods: true },
    cluster,
  });
  assert.ok(judged.kind === "member");
  assert.deepEqual(judged.member.problems.map(({ kind }) => kind), ["forbidden"]);
});

Deno.test("membership: a pod being deleted is leaving, with its grace and the state of its agents", () => {
  const deletion = { graceSeconds: 30 };
  const main = [sidecar(running("s1"))];
  assert.equal(memberOf(samplePod({ main })).leaving, undefined);
  assert.deepEqual(memberOf(samplePod({ main }, { deletion })).leaving, {
    graceSeconds: 30,
    terminated: false,
  });
  const ended = samplePod({ init: [initAgent(terminated("i1"))], main: [sidecar(terminated("s1"))] }, {
    deletion,
  });
  assert.deepEqual(memberOf(ended).leaving, { graceSeconds: 30, terminated: true });
});
