// Which agent is talked to, what for, and when a leaving pod's agents are through.
import assert from "node:assert/strict";
import { type AgentPhase, agentPhase, agentsOf, haveAllTerminated } from "../../lib/member/agents.ts";
import { type ContainerView, podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod } from "./member_pod.ts";
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

const names = { agent: agentName, initAgent: initAgentName };

interface Row {
  readonly it: string;
  readonly init?: readonly ContainerView[];
  readonly main?: readonly ContainerView[];
  /** `setup terminate <container> <id>`, `maintain <container> <id>` or `wait: <reason>`. */
  readonly phase: string;
  /** Were the pod deleted now. */
  readonly through: boolean;
}

const cases: readonly Row[] = [
  {
    it: "classic: nothing reported yet",
    init: [initAgent()],
    main: [sidecar()],
    phase:
      `wait: no agent container runs (${initAgentName}: not reported yet, ${agentName}: not reported yet)`,
    through: true,
  },
  {
    it: "classic: the init agent is being started",
    init: [initAgent({ state: "waiting" })],
    main: [sidecar({ state: "waiting" })],
    phase: `wait: no agent container runs (${initAgentName}: waiting, ${agentName}: waiting)`,
    through: true,
  },
  {
    it: "classic: the init agent runs",
    init: [initAgent(running("i1"))],
    main: [sidecar({ state: "waiting" })],
    phase: `setup terminate ${initAgentName} i1`,
    through: false,
  },
  {
    it: "classic: between init agent and sidecar agent",
    init: [initAgent(terminated("i1")), plainContainer("migrate")],
    main: [sidecar({ state: "waiting" })],
    phase: `wait: no agent container runs (${initAgentName}: terminated, ${agentName}: waiting)`,
    through: true,
  },
  {
    it: "classic: the init agent crashes",
    init: [initAgent({ state: "waiting", containerId: "i1" })],
    main: [sidecar({ state: "waiting" })],
    phase: `wait: no agent container runs (${initAgentName}: waiting, ${agentName}: waiting)`,
    through: false,
  },
  {
    it: "classic: the sidecar agent runs",
    init: [initAgent(terminated("i1"))],
    main: [sidecar(running("s1"))],
    phase: `maintain ${agentName} s1`,
    through: false,
  },
  {
    it: "classic: the sidecar agent crashes",
    init: [initAgent(terminated("i1"))],
    main: [sidecar({ state: "waiting", containerId: "s1" })],
    phase: `wait: no agent container runs (${initAgentName}: terminated, ${agentName}: waiting)`,
    through: false,
  },
  {
    it: "classic: the sidecar agent has ended",
    init: [initAgent(terminated("i1"))],
    main: [sidecar(terminated("s1"))],
    phase: `wait: no agent container runs (${initAgentName}: terminated, ${agentName}: terminated)`,
    through: true,
  },
  {
    it: "classic: a new sandbox, the init agent runs again, the sidecar's status is the old one",
    init: [initAgent(running("i2"))],
    main: [sidecar(terminated("s1"))],
    phase: `setup terminate ${initAgentName} i2`,
    through: false,
  },
  { it: "sidecar only", main: [sidecar(running("s1"))], phase: `maintain ${agentName} s1`, through: false },
  {
    it: "native sidecar, gated",
    init: [nativeSidecar(running("n1"))],
    phase: `setup marker ${agentName} n1`,
    through: false,
  },
  {
    it: "native sidecar without startup probe",
    init: [nativeSidecar({ ...running("n1"), startupProbe: false })],
    phase: `maintain ${agentName} n1`,
    through: false,
  },
  {
    it: "native sidecar that has ended",
    init: [nativeSidecar(terminated("n1"))],
    phase: `wait: no agent container runs (${agentName}: terminated)`,
    through: true,
  },
  {
    it: "native sidecar and init agent both: the init agent first",
    init: [nativeSidecar(running("n1")), initAgent(running("i1"))],
    phase: `setup terminate ${initAgentName} i1`,
    through: false,
  },
  {
    it: "native sidecar and init agent both: then the native sidecar",
    init: [nativeSidecar(running("n1")), initAgent(terminated("i1"))],
    phase: `setup marker ${agentName} n1`,
    through: false,
  },
];

function shown(phase: AgentPhase): string {
  switch (phase.kind) {
    case "setup":
      return `setup ${phase.release} ${phase.agent.container} ${phase.agent.containerId}`;
    case "maintain":
      return `maintain ${phase.agent.container} ${phase.agent.containerId}`;
    case "wait":
      return `wait: ${phase.reason}`;
  }
}

for (const { it, init = [], main = [], phase, through } of cases) {
  Deno.test(`agents: ${it}`, () => {
    const pod = samplePod({ init, main });
    const agents = agentsOf(pod, names);
    assert.equal(shown(agentPhase(agents)), phase);
    assert.equal(haveAllTerminated(pod), through);
  });
}

Deno.test("agents: a pod is through once what debugs it (kubectl debug) has ended too", () => {
  const ended = memberPod({ name: "a", form: "native", stage: "finished" });
  const states = [{}, { running: {} }, { terminated: { exitCode: 0 } }];
  const tool = { name: "debugger-x", image: "busybox", imageID: "", ready: true, restartCount: 0 };
  const through = states.map((state) => {
    const status = { ...ended.status, ephemeralContainerStatuses: [{ ...tool, state }] };
    return haveAllTerminated(podView({ ...ended, status }, { annotationKey }));
  });
  assert.deepEqual(through, [true, false, true]);
});
