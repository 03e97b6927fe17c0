// Stories of pods that are replaced under their names in the middle of what is done for them: the next one is served as itself.
import assert from "node:assert/strict";
import { joinReporters } from "../../lib/report/log_reporter.ts";
import { EventWriter } from "../../lib/events/event_writer.ts";
import { StatusWriter } from "../../lib/status/status_writer.ts";
import { annotationKey, programImage } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import type { PlacedFault } from "../sandbox/faults/faults.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, one, running, two } from "./scenes.ts";
import { conditionOf } from "./shown.ts";
import { type RunningController, setStage, type Stage } from "./stage.ts";
import { timeLapse } from "./time_lapse.ts";

/** A controller that also writes on pods. */
async function startWriting(
  stage: Stage,
): Promise<
  AsyncDisposable & { readonly kept: () => readonly number[]; readonly running: RunningController }
> {
  const writers: { status: StatusWriter; events: EventWriter }[] = [];
  const running = await stage.startController({
    clock: timeLapse(10),
    parts: (usual) => {
      const { client, clock, log } = usual;
      const events = new EventWriter({ client, clock, log, instance: "me", onEvent: () => {} });
      const told = { client, events, clock, log, annotationKey, isLeader: () => true };
      const status = new StatusWriter({ ...told, parts: "all", onWritten: () => {} });
      writers.push({ status, events });
      return { ...usual, reporter: joinReporters([usual.reporter, status]) };
    },
  });
  const [writer] = writers;
  assert.ok(writer !== undefined);
  return {
    kept: () => [writer.status.size, writer.events.size],
    running,
    [Symbol.asyncDispose]: async () => {
      await running.stop();
      await writer.status.close();
      await writer.events.close();
    },
  };
}

interface Midway {
  readonly it: string;
  readonly form: "classic" | "native";
  readonly image?: string;
  readonly place: (stage: Stage) => PlacedFault;
}

const times = { times: "until-lifted" } as const;
const forms = [
  { form: "classic", of: "an init agent" },
  { form: "native", of: "a native sidecar" },
  { form: "classic", of: "an init agent with the program", image: programImage },
] as const;

const midways: readonly Midway[] = [
  ...forms.flatMap(({ of, ...form }): Midway[] => [
    {
      it: `an exec into ${of} hangs`,
      ...form,
      place: ({ sandbox }) => sandbox.faults.onExec({ pod: "a" }, { kind: "hang" }, times),
    },
    {
      it: `${of} answers late`,
      ...form,
      place: ({ sandbox }) => sandbox.faults.onExec({ pod: "a" }, { kind: "slow", delay: 300 }, times),
    },
    {
      it: `execs into ${of} are refused and tried again`,
      ...form,
      place: ({ sandbox }) => sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, times),
    },
    {
      it: `the status of a pod with ${of} is written`,
      ...form,
      place: ({ sandbox }) =>
        sandbox.faults.onRequest({ verb: "patch", resource: "pods" }, { kind: "hang" }, times),
    },
  ]),
  {
    it: "the order to end hangs",
    form: "classic",
    place: ({ sandbox }) => sandbox.faults.onExec({ pod: "a", command: ["kill"] }, { kind: "hang" }, times),
  },
  {
    it: "the order to end is lost",
    form: "classic",
    place: ({ sandbox }) =>
      sandbox.faults.onExec(
        { pod: "a", command: ["kill"] },
        { kind: "close-without-status", afterLines: 0 },
        times,
      ),
  },
];

for (const { it, form, image, place } of midways) {
  Deno.test(`a pod is replaced under its name while ${it}: nothing is left of it, and the next one is itself`, async () => {
    await using stage = await setStage({ dataPlane: "toy" });
    stage.networks(bothNetworks);
    const fault = place(stage);
    await using writing = await startWriting(stage);
    const { kept, running: { controller } } = writing;
    stage.pod({ name: "b", networks: "one" });
    stage.pod({ name: "a", networks: "one", form, ...(image !== undefined && { image }) });
    await waitFor(() => fault.hits > 0, { what: "it has come to that" });
    const old = stage.sandbox.find(pods, { name: "a" })?.metadata.uid ?? "";
    stage.sandbox.delete(pods, { name: "a", graceSeconds: 0 });
    await waitFor(() => !controller.store.tracked.has(old), { what: "it is gone" });
    stage.pod({ name: "a", networks: "two", form });
    fault.lift();
    await running(stage, ["a", "b"]);
    await stage.holds({ members: [{ pod: "a", ...two }, { pod: "b", ...one }] });
    const shown = await waitFor(() => {
      const condition = conditionOf(stage.sandbox.find(pods, { name: "a" }));
      return condition?.status === "True" && condition.message;
    }, { what: "the next one shows that it is ready" });
    assert.equal(shown, "networks ready: two");
    assert.deepEqual([controller.store.tracked.size, controller.state().membersFailing], [2, 0]);
    await waitFor(() => kept().join() === "2,2", {
      what: "nothing is kept of it",
      state: () => kept().join(),
    });
  });
}
