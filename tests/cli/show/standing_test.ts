// Does every pod that is stuck have a word that says why, without a look into it?
import assert from "node:assert/strict";
import { standingOf } from "../../../lib/cli/show/standing.ts";
import { Store } from "../../../lib/controller/store/store.ts";
import { type PodView, podView } from "../../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";

const member = podView(memberPod({ name: "a", networks: "west id=101 ip=10.0.0.1/24", ip: "10.244.0.2" }), {
  annotationKey,
});

/** The same pod, whose containers all wait for this. */
function waiting(waitsFor: string): PodView {
  const late = (container: PodView["containers"][number]): PodView["containers"][number] => ({
    ...container,
    state: "waiting",
    containerId: "",
    waitsFor,
  });
  return {
    ...member,
    initContainers: member.initContainers.map(late),
    containers: member.containers.map(late),
  };
}

const rows: readonly {
  readonly it: string;
  readonly pod: PodView;
  readonly beside?: PodView;
  readonly reason: string;
  readonly problem?: RegExp;
}[] = [
  { it: "all is well", pod: member, reason: "" },
  {
    it: "an image that cannot be had",
    pod: waiting("ErrImagePull"),
    reason: "ErrImagePull",
    problem: /vxlan-controller-agent-init: waiting, ErrImagePull/,
  },
  {
    it: "an agent that crashes, of a pod that was ready",
    pod: {
      ...waiting("CrashLoopBackOff"),
      shown: { ready: "True", reason: "NetworksReady" } as PodView["shown"] & object,
    },
    reason: "CrashLoopBackOff",
    problem: /waiting, CrashLoopBackOff/,
  },
  { it: "containers that are only late", pod: waiting("PodInitializing"), reason: "" },
  {
    it: "what only a kernel shows: a wrong dev, a gateway",
    pod: { ...member, shown: { ready: "False", reason: "SetupFailed" } as PodView["shown"] & object },
    reason: "SetupFailed",
  },
  {
    it: "an address that another member has",
    pod: member,
    beside: { ...member, uid: "other", name: "b", podIPs: ["10.244.0.3"] },
    reason: "Conflict",
    problem: /10\.0\.0\.1.*default\/b/,
  },
  { it: "no pod IP yet", pod: { ...member, podIPs: [] }, reason: "NoPodIP" },
  { it: "no annotation", pod: withoutAnnotation(member), reason: "NoAnnotation" },
  { it: "a network that is not known", pod: { ...member, annotation: "nosuch" }, reason: "UnknownNetwork" },
  {
    it: "an option that is none",
    pod: { ...member, annotation: "west id=1 mtu=huge" },
    reason: "InvalidOptions",
  },
  { it: "the node's network", pod: { ...member, hostNetwork: true }, reason: "HostNetwork" },
  { it: "no agent", pod: { ...member, initContainers: [], containers: [] }, reason: "AgentMissing" },
];

function withoutAnnotation({ annotation: _, ...pod }: PodView): PodView {
  return pod;
}

for (const { it, pod, beside, reason, problem } of rows) {
  Deno.test(`reason in list: ${it}: ${reason || "none"}`, () => {
    const store = new Store(membershipSettings);
    store.putConfigMap({}, { now: 0 });
    store.replacePods([pod, ...beside === undefined ? [] : [beside]], { now: 0, covers: () => true });
    const standing = standingOf(pod, store);
    assert.equal(standing.reason, reason);
    if (problem !== undefined) assert.match(standing.problems.join("\n"), problem);
  });
}
