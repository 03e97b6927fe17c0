// What does it mean for a pod that its agent could not be talked to, and when is it said?
import assert from "node:assert/strict";
import { HalfObserved } from "../../lib/controller/agent/convergence.ts";
import { answerCaps } from "../../lib/agents/answer_caps.ts";
import { agentError } from "../../lib/controller/agent_errors.ts";
import { NotLeader } from "../../lib/kube/lease/not_leader.ts";
import type { ExecOutcome } from "../../lib/kube/exec/exec.ts";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { type Member, membership } from "../../lib/member/member.ts";
import { podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "../member/member_pod.ts";

const agent = {
  uid: "uid-a",
  podIPs: ["10.0.0.1"],
  namespace: "default",
  pod: "a",
  container: "vxlan-controller-agent",
  containerId: "1",
};

function sampleMember(): Member {
  const pod = podView(memberPod({ name: "a", networks: "west id=101", ip: "10.0.0.1" }), { annotationKey });
  const judged = membership(pod, {
    settings: membershipSettings,
    cluster: noClusterNetworks,
  });
  assert.ok(judged.kind === "member");
  return judged.member;
}

const ended = (outcome: ExecOutcome, stderr = ""): SessionEnded =>
  new SessionEnded(outcome, stderr, "Cannot talk to it");
const tooLong: ExecOutcome = { kind: "unknown", reason: "more than 1 bytes of answers", overflow: true };
const notRunning: ExecOutcome = { kind: "not-ready", reason: "container not found" };
const noProgram: ExecOutcome = { kind: "not-ready", reason: "exec: ip: not found", programMissing: true };
const gone: ExecOutcome = { kind: "gone", reason: "pod does not exist" };

const cases: readonly {
  readonly it: string;
  readonly error: unknown;
  readonly failingFor: number;
  readonly leaving?: boolean;
  readonly answerCap?: number;
  /** "waiting", or the kind of the problem and its words. */
  readonly stands: RegExp;
  readonly next: "retry" | "wait";
}[] = [
  {
    it: "another replica leads: an event says when it changes",
    error: new NotLeader(),
    failingFor: 0,
    stands: /^waiting/,
    next: "wait",
  },
  {
    it: "the container has ended, its status comes late: tried again in silence",
    error: ended(notRunning),
    failingFor: 0,
    stands: /^waiting: container vxlan-controller-agent is not ready for exec: container not found/,
    next: "retry",
  },
  {
    it: "the container has ended and no status comes: said after a minute",
    error: ended(notRunning),
    failingFor: 60_000,
    stands: /^setup-failed Cannot look into the pod: container .* is not ready for exec/,
    next: "retry",
  },
  {
    it: "a kubelet that has just started does not know the pod: tried again in silence",
    error: ended(gone),
    failingFor: 59_000,
    stands: /^waiting: the pod is not there for exec/,
    next: "retry",
  },
  {
    it: "the pod is not there and nobody says that it was deleted: said after a minute",
    error: ended(gone),
    failingFor: 61_000,
    stands: /^setup-failed Cannot look into the pod: the pod is not there for exec: pod does not exist/,
    next: "retry",
  },
  {
    it: "the image lacks a program: said when it is no passing thing",
    error: ended(noProgram),
    failingFor: 5_000,
    stands:
      /^agent-unfit Cannot use container "vxlan-controller-agent" as an agent: it lacks a program: .*needs ip, bridge and kill$/,
    next: "retry",
  },
  {
    it: "the tool was killed with its container: tried again in silence",
    error: ended({ kind: "exit", code: 137 }),
    failingFor: 0,
    stands: /^waiting: container vxlan-controller-agent has ended/,
    next: "retry",
  },
  {
    it: "a pod that is being deleted: its agent may end in any way, and is tried seldom",
    error: ended({ kind: "unknown", reason: "the session was closed" }),
    failingFor: 600_000,
    leaving: true,
    stands: /^waiting: the pod is being deleted/,
    next: "wait",
  },
  {
    it: "a tool that does not know our options is too old: said at once",
    error: ended({ kind: "exit", code: 255 }, `Option "-json" is unknown, try "ip -help".`),
    failingFor: 0,
    stands: /^agent-unfit Cannot talk to it/,
    next: "retry",
  },
  {
    it: "exec is refused: said at once",
    error: ended({ kind: "rejected", status: 403, reason: "forbidden" }),
    failingFor: 0,
    stands: /^setup-failed Cannot talk to it/,
    next: "retry",
  },
  {
    it: "the connection drops: said at once",
    error: ended({ kind: "unknown", reason: "reset" }),
    failingFor: 0,
    stands: /^setup-failed Cannot talk to it/,
    next: "retry",
  },
  {
    it: "a pod has more to tell than there was room for: asked again, with more room",
    error: ended(tooLong),
    failingFor: 0,
    stands: /^waiting: it has more to tell than there was room for/,
    next: "retry",
  },
  {
    it: "and more than is ever allowed for: said at once",
    error: ended(tooLong),
    failingFor: 0,
    answerCap: answerCaps.most,
    stands: /^setup-failed Cannot talk to it/,
    next: "retry",
  },
  {
    it: "half of a pod could be read: what is wrong with the other half is said",
    error: new HalfObserved(ended({ kind: "unknown", reason: "reset" }), 7),
    failingFor: 0,
    stands: /^setup-failed Cannot talk to it/,
    next: "retry",
  },
  {
    it: "a fault of ours is said too",
    error: new Error("surprise"),
    failingFor: 0,
    stands: /^setup-failed surprise/,
    next: "retry",
  },
];

for (const { it, error, failingFor, leaving = false, answerCap = answerCaps.first, stands, next } of cases) {
  Deno.test(it, () => {
    const member: Member = {
      ...sampleMember(),
      ...(leaving ? { leaving: { graceSeconds: 30, terminated: false } } : {}),
    };
    const { report, outcome } = agentError(error, { member, agent, failingFor, answerCap });
    const { state } = report;
    const text = state.kind === "failing"
      ? state.problems.map(({ kind, message }) => `${kind} ${message}`).join("; ")
      : `${state.kind}: ${state.kind === "waiting" ? state.reason : ""}`;
    assert.match(text, stands);
    assert.equal(outcome.kind, next);
  });
}

Deno.test("half of a pod could be read: its missing entries are reported, and that it was half", () => {
  const error = new HalfObserved(ended({ kind: "unknown", reason: "reset" }), 7);
  const { report } = agentError(error, {
    ...{ member: sampleMember(), agent, failingFor: 0, answerCap: answerCaps.first },
  });
  assert.deepEqual([report.entriesMissing, report.isHalfSeen], [7, true]);
});
