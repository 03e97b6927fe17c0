// Agents that have ended, by every policy and with every status: told where nobody starts them again, and only there.
import assert from "node:assert/strict";
import { memberPod } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { field } from "../sandbox/store/kube_object.ts";
import { until } from "../time/fake_clock.ts";
import { conditionOf, eventsOf, floodsTo, type Program, programWith, warnings } from "./whole_program.ts";

const minute = 60_000;
const agent = "vxlan-controller-agent";
const usual = memberPod({ name: "a", uid: "uid-a", networks: "west", ip: "10.0.5.1" });

type Policy = "Always" | "OnFailure" | "Never";

interface Ended {
  readonly policy: Policy;
  /** Of the agent's container itself (Kubernetes 1.34). */
  readonly own?: object;
  readonly exitCode: number;
  readonly isForGood: boolean;
}

function rule(action: string, operator: string, values: readonly number[]): object {
  return { restartPolicy: "Never", restartPolicyRules: [{ action, exitCodes: { operator, values } }] };
}

const endings: readonly Ended[] = [
  { policy: "Always", exitCode: 0, isForGood: false },
  { policy: "Always", exitCode: 137, isForGood: false },
  { policy: "OnFailure", exitCode: 0, isForGood: true },
  { policy: "OnFailure", exitCode: 137, isForGood: false },
  { policy: "OnFailure", exitCode: 143, isForGood: false },
  { policy: "Never", exitCode: 0, isForGood: true },
  { policy: "Never", exitCode: 137, isForGood: true },
  { policy: "Always", own: { restartPolicy: "Never" }, exitCode: 137, isForGood: true },
  { policy: "Always", own: { restartPolicy: "OnFailure" }, exitCode: 0, isForGood: true },
  { policy: "Never", own: { restartPolicy: "Always" }, exitCode: 0, isForGood: false },
  { policy: "Never", own: rule("Restart", "In", [137]), exitCode: 137, isForGood: false },
  { policy: "Never", own: rule("Restart", "NotIn", [0]), exitCode: 0, isForGood: true },
  { policy: "Always", own: rule("Restart", "In", [42]), exitCode: 137, isForGood: true },
  { policy: "Never", own: rule("RestartAllContainers", "In", [137, 143]), exitCode: 137, isForGood: false },
];

/** The pod with its agent in this state; the application beside it runs. */
function podWith({ policy, own = {} }: Pick<Ended, "policy" | "own">, state: object, id: string): object {
  const [sidecar] = usual.spec?.containers ?? [];
  const app = { name: "app", image: "app" };
  const status = (name: string, now: object, containerID: string): object => ({
    name,
    state: now,
    containerID,
  });
  return {
    ...usual,
    spec: { ...usual.spec, restartPolicy: policy, containers: [{ ...sidecar, ...own }, app] },
    status: {
      ...usual.status,
      containerStatuses: [status(agent, state, id), status("app", { running: {} }, "c://app")],
    },
  };
}

function show(program: Program, pod: object): void {
  const found = program.api.find(pods, "a");
  const conditions = field(field(found, "status"), "conditions");
  const annotations = field(found?.metadata, "annotations") as object | undefined;
  const { metadata, status } = pod as typeof usual;
  program.api.put(pods, {
    ...pod,
    metadata: { ...metadata, annotations: { ...annotations, ...metadata?.annotations } },
    status: { ...status, ...(Array.isArray(conditions) && { conditions }) },
  });
}

for (const ended of endings) {
  const { policy, own, exitCode, isForGood } = ended;
  const said = own === undefined ? policy : `${policy}, its own ${JSON.stringify(own)}`;
  Deno.test(`an agent has ended with ${exitCode}, restartPolicy ${said}: ${isForGood ? "told" : "awaited"}`, async () => {
    const program = await programWith(2);
    const { clock, controller, toys, api } = program;
    show(program, podWith(ended, { running: {} }, "c://1"));
    await clock.advance(minute);
    assert.equal(conditionOf(program, "a"), "True NetworksReady");
    assert.equal(floodsTo(program, "uid-a"), 2);

    show(program, podWith(ended, { terminated: { exitCode } }, "c://1"));
    if (!isForGood) {
      await clock.advance(1_000);
      show(program, podWith(ended, { waiting: { reason: "CrashLoopBackOff" } }, "c://1"));
    }
    await clock.advance(minute);
    let opened = 0;
    toys.opening = (uid) => {
      if (uid === "uid-a") opened++;
      return Promise.resolve();
    };
    await clock.advance(60 * minute);
    assert.equal(opened, 0, "nobody is looked into who is not there");
    const told = ["False AgentMissing", 1, ["VxlanAgentMissing"], 1] as const;
    const awaited = ["True NetworksReady", 0, [], 0] as const;
    const now = (): readonly unknown[] => [
      conditionOf(program, "a"),
      controller.state().membersFailing,
      eventsOf(program, { uid: "uid-a", type: "Warning" }),
      warnings(program).length,
    ];
    assert.deepEqual(now(), isForGood ? told : awaited);
    // Its application still has the interface.
    assert.equal(floodsTo(program, "uid-p0"), 2);

    // A rule of another container, say, has restarted all of them. One more member has come meanwhile.
    api.put(pods, memberPod({ name: "p9", uid: "uid-p9", networks: "west", ip: "10.0.1.9", form: "native" }));
    await clock.advance(minute);
    show(program, podWith(ended, { running: {} }, "c://2"));
    await clock.advance(minute);
    assert.deepEqual([conditionOf(program, "a"), controller.state().membersFailing], [
      "True NetworksReady",
      0,
    ]);
    assert.equal(floodsTo(program, "uid-a"), 3);

    show(program, podWith(ended, { terminated: { exitCode } }, "c://2"));
    await clock.advance(1_000);
    const patches = api.count("PATCH pods/status default/a");
    const finished = podWith(ended, { terminated: { exitCode } }, "c://2") as typeof usual;
    show(program, {
      ...finished,
      status: { ...finished.status, phase: exitCode === 0 ? "Succeeded" : "Failed" },
    });
    await until(() => !controller.store.tracked.has("uid-a"), { what: "it is forgotten" });
    await clock.advance(30 * minute);
    assert.deepEqual([program.status.size, controller.state().membersFailing], [3, 0]);
    assert.equal(api.count("PATCH pods/status default/a"), patches, "a pod that has ended is not written");
    assert.equal(floodsTo(program, "uid-p0"), 2);
    await program.end();
  });
}
