// Members of one network that come one after the other, 30 a second: what each costs, and how long it waits.
import { startSandbox } from "../sandbox/sandbox.ts";
import { controllerOn, lastLine, makeMembers, makeNetworks, untilRunning } from "./bench_cluster.ts";
import { sandboxViolations } from "../sandbox/sandbox_invariant.ts";

export interface Gradual {
  readonly members: number;
  readonly execsPerPod: number;
  /** Share of the newcomers that waited a second at most for their interfaces. */
  readonly promptShare: number;
  readonly queueAddsPerPod: number;
  readonly cpuSeconds: number;
  readonly violations: readonly string[];
}

const perSecond = 30;

/** Native sidecars on the toy kernel. */
export async function gradual(members: number): Promise<Gradual> {
  await using sandbox = await startSandbox({ dataPlane: "toy" });
  makeNetworks(sandbox, 1);
  const controller = await controllerOn(sandbox);
  const names = Array.from({ length: members }, (_, i) => `pod${i}`);
  const start = performance.now();
  for (const [at, name] of names.entries()) {
    const wait = start + at * 1000 / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    makeMembers(sandbox, [name], { form: "native", networkOf: () => "net0" });
  }
  await untilRunning(sandbox, names);
  await lastLine(sandbox);
  const { promptShare, queueAdds, cpuSeconds } = await controller.figures();
  const violations = await sandboxViolations(sandbox, {
    members: names.map((pod) => ({ pod, network: "net0", vni: 100 })),
  });
  await controller.stop();
  const execs = sandbox.counters.execs().length;
  return {
    ...{ members, promptShare, cpuSeconds, violations },
    execsPerPod: execs / members,
    queueAddsPerPod: queueAdds / members,
  };
}
