// Does every pod that is stuck have a word that says why, without a look into it?
import assert from "node:assert/strict";
import type { V1ContainerStatus } from "@kubernetes/client-node";
import { standingOf } from "../../../lib/cli/show/standing.ts";
import type { ControllerSettings } from "../../../lib/controller/settings.ts";
import { Store } from "../../../lib/controller/store/store.ts";
import { type PodView, podView } from "../../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";

const member = podView(memberPod({ name: "a", networks: "west id=101 ip=10.0.0.1/24", ip: "10.244.0.2" }), {
  annotationKey,
});

/** The same pod, whose containers all wait for this, for the first time or after they have run. */
function waiting(reason: string, { message }: { readonly message?: string } = {}): PodView {
  const raw = memberPod({ name: "a", networks: "west id=101 ip=10.0.0.1/24", ip: "10.244.0.2" });
  const late = ({ name }: { readonly name: string }): V1ContainerStatus => ({
    ...{ name, image: "", imageID: "", ready: false, restartCount: 0 },
    state: { waiting: { reason, ...message !== undefined && { message } } },
  });
  const { initContainers = [], containers = [] } = raw.spec ?? {};
  const statuses = {
    initContainerStatuses: initContainers.map(late),
    containerStatuses: containers.map(late),
  };
  return podView({ ...raw, status: { ...raw.status, ...statuses } }, { annotationKey });
}

/** One that no node takes. */
function unscheduled(networks: string): PodView {
  const raw = memberPod({ name: "a", networks, stage: "pending" });
  const conditions = [{
    ...{ type: "PodScheduled", status: "False", reason: "Unschedulable" },
    message: "0/2 nodes are available: 2 Insufficient cpu.",
  }];
  return podView({ ...raw, status: { phase: "Pending", conditions } }, { annotationKey });
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
    pod: waiting("ErrImagePull", { message: "no such image" }),
    reason: "ErrImagePull",
    problem: /^init container "vxlan-controller-agent-init" waits, ErrImagePull: no such image$/,
  },
  {
    it: "an agent that crashes, of a pod that was ready",
    pod: {
      ...waiting("CrashLoopBackOff"),
      shown: { ready: "True", reason: "NetworksReady" } as PodView["shown"] & object,
    },
    reason: "CrashLoopBackOff",
    problem: /waits, CrashLoopBackOff/,
  },
  { it: "containers that are only late", pod: waiting("PodInitializing"), reason: "PodInitializing" },
  {
    it: "no node takes it",
    pod: unscheduled("west id=101"),
    reason: "Unschedulable",
    problem: /^no node takes it: 0\/2 nodes are available: 2 Insufficient cpu\.$/,
  },
  {
    it: "two faults: what it will be told once it has a node is told at once",
    pod: unscheduled("west id=hello"),
    reason: "Unschedulable",
    problem: /^no node takes it: .*\nannotation .*Cannot read "id=hello" of network/,
  },
  {
    it: "a node that is lost, of a pod that was ready",
    pod: {
      ...member,
      shown: { ready: "True", reason: "NetworksReady" } as PodView["shown"] & object,
      delay: { of: "pod", word: "NodeNotReady", text: "its node does not report" },
    },
    reason: "NodeNotReady",
    problem: /does not report/,
  },
  {
    it: "an application that crashes is no business of ours",
    pod: { ...member, delay: { of: "container", word: "CrashLoopBackOff", text: 'container "app" waits' } },
    reason: "",
  },
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
    const settings = { membership: membershipSettings } as ControllerSettings;
    const store = new Store(membershipSettings);
    store.putConfigMap({}, { now: 0 });
    store.replacePods([pod, ...beside === undefined ? [] : [beside]], { now: 0, covers: () => true });
    const standing = standingOf(pod, { store, settings });
    assert.equal(standing.reason, reason);
    if (problem !== undefined) assert.match(standing.problems.join("\n"), problem);
  });
}
