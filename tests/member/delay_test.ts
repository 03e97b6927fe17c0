// Is it said, in one word and one sentence, why a pod does not get on, whatever it waits for?
import assert from "node:assert/strict";
import type { V1ContainerState, V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { delayOf } from "../../lib/member/delay.ts";

const waits = (reason: string, message?: string): V1ContainerState => ({
  waiting: { reason, ...message !== undefined && { message } },
});
const runs: V1ContainerState = { running: {} };
const ended = (exitCode: number, reason: string, message?: string): V1ContainerState => ({
  terminated: { exitCode, reason, ...message !== undefined && { message } },
});

/** What its containers report: `first` is an init container, `agent` a native sidecar, `app` a container. */
interface States {
  readonly first?: V1ContainerState;
  readonly agent?: V1ContainerState;
  readonly app?: V1ContainerState;
  readonly last?: V1ContainerState;
  readonly started?: boolean;
}

function statusOf(name: string, state: V1ContainerState, { last, started }: States): V1ContainerStatus {
  return {
    ...{ name, state, image: "", imageID: "", ready: false, restartCount: 0 },
    ...last !== undefined && { lastState: last },
    ...started !== undefined && { started },
  };
}

function pod(
  { states, conditions = [], ...more }: {
    readonly states?: States;
    readonly conditions?: readonly V1PodCondition[];
    readonly metadata?: object;
    readonly spec?: object;
    readonly status?: object;
  },
): V1Pod {
  const late = waits("PodInitializing");
  return {
    metadata: { uid: "u", name: "a", namespace: "default", ...more.metadata },
    spec: {
      nodeName: "node1",
      initContainers: [{ name: "first" }, { name: "agent", restartPolicy: "Always" }],
      containers: [{ name: "app" }],
      ...more.spec,
    },
    status: {
      phase: "Pending",
      conditions: [...conditions],
      ...states !== undefined && {
        initContainerStatuses: [
          statusOf("first", states.first ?? ended(0, "Completed"), {}),
          statusOf("agent", states.agent ?? late, states),
        ],
        containerStatuses: [statusOf("app", states.app ?? late, {})],
      },
      ...more.status,
    },
  };
}

const is = (type: string, status: string, reason?: string, message?: string): V1PodCondition => ({
  ...{ type, status },
  ...reason !== undefined && { reason },
  ...message !== undefined && { message },
});
const noNode = { nodeName: undefined };

const rows: readonly { readonly it: string; readonly pod: V1Pod; readonly says: string | undefined }[] = [
  {
    it: "no node takes it",
    pod: pod({
      spec: noNode,
      conditions: [
        is("PodScheduled", "False", "Unschedulable", "0/2 nodes are available: 2 Insufficient cpu."),
      ],
    }),
    says: "pod Unschedulable: no node takes it: 0/2 nodes are available: 2 Insufficient cpu.",
  },
  {
    it: "its scheduling gates",
    pod: pod({
      spec: { ...noNode, schedulingGates: [{ name: "example.org/quota" }] },
      conditions: [is("PodScheduled", "False", "SchedulingGated", "Scheduling is blocked")],
    }),
    says: "pod SchedulingGated: it waits for its scheduling gates (example.org/quota): Scheduling is blocked",
  },
  {
    it: "a scheduler that nobody runs",
    pod: pod({ spec: { ...noNode, schedulerName: "nosuch" } }),
    says: 'pod NotScheduled: no scheduler has looked for a node yet: its schedulerName is "nosuch"',
  },
  {
    it: "a node that says nothing of it",
    pod: pod({}),
    says: "pod Pending: its node node1 has not begun with it: kubectl describe node node1",
  },
  {
    it: "a node that is lost",
    pod: pod({
      states: { agent: runs, started: true, app: runs },
      conditions: [is("Ready", "False"), is("ContainersReady", "True")],
      status: { phase: "Running" },
    }),
    says: "pod NodeNotReady: its node node1 does not report any more: kubectl describe node node1",
  },
  {
    it: "a readiness gate that is not met, which is no lost node",
    pod: pod({
      states: { agent: runs, started: true, app: runs },
      conditions: [is("Ready", "False", "ReadinessGatesNotReady"), is("ContainersReady", "True")],
    }),
    says: undefined,
  },
  {
    it: "volumes or the pod network",
    pod: pod({ states: { first: waits("PodInitializing"), agent: waits("PodInitializing") } }),
    says:
      'container PodInitializing: init container "first" is yet to be made: its node prepares volumes, pod network and images',
  },
  {
    it: "an image",
    pod: pod({ states: { agent: waits("ErrImagePull", "localhost/nosuch:1: not found") } }),
    says: 'container ErrImagePull: sidecar "agent" waits, ErrImagePull: localhost/nosuch:1: not found',
  },
  {
    it: "a Secret that a container names",
    pod: pod({ states: { agent: waits("CreateContainerConfigError", 'secret "keys" not found') } }),
    says:
      'container CreateContainerConfigError: sidecar "agent" waits, CreateContainerConfigError: secret "keys" not found',
  },
  {
    it: "an init container before the agent that crashes",
    pod: pod({
      states: { first: waits("CrashLoopBackOff", "back-off 40s restarting failed container=first") },
    }),
    says:
      'container CrashLoopBackOff: init container "first" waits, CrashLoopBackOff: back-off 40s restarting failed container=first',
  },
  {
    it: "the same between two runs",
    pod: pod({ states: { first: ended(3, "Error") } }),
    says: 'container Error: init container "first" has ended with exit status 3, Error',
  },
  {
    it: "an agent with a wrong command",
    pod: pod({
      states: {
        agent: waits("CrashLoopBackOff"),
        last: ended(128, "StartError", 'exec: "nosuch": executable file not found in $PATH'),
      },
    }),
    says:
      'container CrashLoopBackOff: sidecar "agent" waits, CrashLoopBackOff; it ended with exit status 128, ' +
      'StartError: exec: "nosuch": executable file not found in $PATH',
  },
  {
    it: "an init container before the agent that waits for something",
    pod: pod({ states: { first: runs } }),
    says: 'container PodInitializing: init container "first" runs, and the containers after it wait for it',
  },
  {
    it: "a sidecar whose startup probe has not passed",
    pod: pod({ states: { agent: runs, started: false } }),
    says: 'container PodInitializing: sidecar "agent" runs, and the containers after it wait for it',
  },
  {
    it: "an application that crashes",
    pod: pod({ states: { agent: runs, started: true, app: waits("CrashLoopBackOff") } }),
    says: 'container CrashLoopBackOff: container "app" waits, CrashLoopBackOff',
  },
  {
    it: "its node refused it",
    pod: pod({
      status: { phase: "Failed", reason: "OutOfcpu", message: "Node didn't have enough resource: cpu" },
    }),
    says: "pod OutOfcpu: it has failed, OutOfcpu: Node didn't have enough resource: cpu",
  },
  {
    it: "a finalizer that nobody takes off",
    pod: pod({
      metadata: { deletionTimestamp: new Date(0), finalizers: ["example.org/keep"] },
      status: { phase: "Succeeded" },
    }),
    says:
      "pod Terminating: it was deleted, and stays until its finalizers are taken off (example.org/keep); its containers have ended",
  },
  { it: "all runs", pod: pod({ states: { agent: runs, started: true, app: runs } }), says: undefined },
  {
    it: "a Job's pod that has ended well",
    pod: pod({
      status: { phase: "Succeeded" },
      states: { app: ended(0, "Completed"), agent: runs, started: true },
    }),
    says: undefined,
  },
];

for (const { it, pod, says } of rows) {
  Deno.test(`what holds a pod up: ${it}`, () => {
    const delay = delayOf(pod);
    assert.equal(delay && `${delay.of} ${delay.word}: ${delay.text}`, says);
  });
}

Deno.test("what holds a pod up: nothing of a text without end is kept, and nothing steers a terminal", () => {
  const message = `\u001b[2J${"x".repeat(1 << 20)}`;
  const { word = "", text = "" } =
    delayOf(pod({ spec: noNode, conditions: [is("PodScheduled", "False", "y".repeat(1_000), message)] })) ??
      {};
  assert.ok(word.length <= 40 && text.length <= 400, `${word.length} ${text.length}`);
  assert.match(text, /^no node takes it: \\u\{1b\}\[2Jx+…$/);
});
