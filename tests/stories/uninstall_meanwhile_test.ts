// What `uninstall --clean` makes of pods that end, never ran, or refuse for a moment while it is at work: the truth.
import assert from "node:assert/strict";
import { podSpec } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { field, listField, textField } from "../sandbox/store/kube_object.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "./stage.ts";
import { links, members, shows, uninstall } from "./uninstall_scene.ts";

/** Runs it, and does something once the pods are listed and before any is looked into: it asks for the Lease between. */
async function whileCleaning(
  stage: Stage,
  deed: () => Promise<unknown>,
): Promise<Awaited<ReturnType<typeof uninstall>>> {
  const held = stage.sandbox.faults.onRequest({ verb: "get", resource: "leases" }, { kind: "hang" });
  const result = uninstall(stage, "--clean");
  await waitFor(() => held.hits > 0, { what: "the Lease to be asked for" });
  await deed();
  held.lift();
  return await result;
}

async function gone(stage: Stage, name: string): Promise<void> {
  stage.sandbox.delete(pods, { name, graceSeconds: 5 });
  await waitFor(() => stage.sandbox.find(pods, { name }) === undefined, { what: `${name} to be gone` });
}

Deno.test("a pod that goes after the list, and one that another of its name replaces, need no cleaning", async () => {
  await using stage = await setStage();
  await (await members(stage, ["a", "b", "c"])).stop();
  const { code, lines } = await whileCleaning(stage, async () => {
    await Promise.all([gone(stage, "a"), gone(stage, "b")]);
    stage.pod({ name: "b", networks: "one" });
  });
  assert.equal(code, 0, lines.join("\n"));
  assert.ok(lines.includes("default/a: it has gone meanwhile"), lines.join("\n"));
  assert.ok(lines.includes("default/b: it has gone meanwhile"), lines.join("\n"));
  assert.ok(lines.includes("3 pods looked at"), lines.join("\n"));
  assert.deepEqual(await links(stage, "c"), ["eth0", "lo"]);
});

Deno.test("a pod that is being deleted: cleaned while its agent runs, else said, and it ends by itself", async () => {
  await using stage = await setStage();
  const controller = await members(stage, ["a"]);
  // Its application takes its time to end; the agent ends at once.
  const spec = podSpec("classic");
  const slow = { name: "app", image: "kube-vxlan-controller-agent:old" };
  stage.pod({ name: "drains", networks: "one", spec: { ...spec, containers: [...spec.containers, slow] } });
  // Its phase is Running when one container is. One that is not started yet ends at once.
  await stage.sandbox.waitForPod({ name: "drains" }, {
    what: "both its containers to run",
    holds: (pod) =>
      listField(field(pod, "status"), "containerStatuses").filter((one) =>
        field(field(one, "state"), "running") !== undefined
      ).length === 2,
  });
  await controller.stop();
  stage.sandbox.patch(pods, { name: "drains" }, { metadata: { finalizers: ["example.org/keep"] } });
  stage.sandbox.delete(pods, { name: "drains", graceSeconds: 600 });
  await stage.sandbox.waitForPod({ name: "drains" }, {
    what: "its agent to have ended",
    holds: (pod) =>
      listField(field(pod, "status"), "containerStatuses").some((one) =>
        textField(one, "name") === "vxlan-controller-agent" &&
        field(field(one, "state"), "terminated") !== undefined
      ),
  });
  const { code, lines } = await uninstall(stage, "--clean");
  const said = lines.join("\n");
  assert.equal(code, 0, said);
  assert.match(
    said,
    /^default\/drains: it is being deleted, and what is left of ours in it goes with it \(Cannot look into the pod: no agent container runs .*terminated\); it was deleted, and stays until its finalizers are taken off \(example\.org\/keep\)\)$/m,
  );
  assert.ok(lines.includes("2 pods looked at, 1 of them is being deleted"), said);
  assert.deepEqual(await links(stage, "a"), ["eth0", "lo"]);
  assert.ok((await links(stage, "drains")).includes("one"), "it was not there to be cleaned");
});

Deno.test("what is refused for a moment is tried again", async () => {
  await using stage = await setStage();
  const exec = {
    server: { kind: "refuse", code: 500 },
    busy: { kind: "refuse", code: 429 },
    unseen: { kind: "refuse", code: 404 },
    dropped: { kind: "drop", afterLines: 1 },
    closed: { kind: "close-without-status", afterLines: 0 },
    killed: { kind: "kill-process", afterLines: 1 },
  } as const;
  const names = [...Object.keys(exec), "status"];
  await (await members(stage, names)).stop();
  for (const [pod, fault] of Object.entries(exec)) stage.sandbox.faults.onExec({ pod }, fault);
  for (const code of [409, 500]) {
    stage.sandbox.faults.onRequest({ verb: "patch", resource: "pods" }, { kind: "status", code });
  }
  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 0, lines.join("\n"));
  assert.ok(lines.includes(`${names.length} pods looked at`), lines.join("\n"));
  for (const name of names) {
    assert.deepEqual(await links(stage, name), ["eth0", "lo"], name);
    assert.ok(!shows(stage, name), name);
  }
});

Deno.test("an agent that is about to be restarted is waited for; of one that is not, it is said", async () => {
  for (const [backoff, code] of [[500, 0], [600_000, 1]] as const) {
    await using stage = await setStage({ timing: { backoff } });
    await (await members(stage, ["a", "b"])).stop();
    await stage.sandbox.kubelet.killContainer({ name: "a" }, "vxlan-controller-agent");
    const found = await uninstall(stage, "--clean");
    const said = found.lines.join("\n");
    assert.equal(found.code, code, said);
    assert.deepEqual(await links(stage, "b"), ["eth0", "lo"]);
    if (code === 0) {
      assert.deepEqual(await links(stage, "a"), ["eth0", "lo"]);
    } else {
      assert.match(
        said,
        /^default\/a: Cannot look into the pod: no agent container runs .*CrashLoopBackOff/m,
      );
    }
  }
});

Deno.test("a pod that nobody reaches and nobody deletes lives, as far as is known: it is named, in the end", async () => {
  await using stage = await setStage();
  await (await members(stage, ["a", "b"])).stop();
  // As an API server answers that does not get through to the kubelet.
  const lost = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 502 }, {
    times: "until-lifted",
  });
  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 1, lines.join("\n"));
  assert.match(lines.join("\n"), /^default\/a: Cannot talk to .* of pod default\/a: it was refused \(502\)/m);
  assert.ok(lines.includes("2 pods looked at, 1 could not be cleaned: run it again"), lines.join("\n"));
  assert.ok(lost.hits >= 3, `${lost.hits} tries`);
  assert.deepEqual(await links(stage, "b"), ["eth0", "lo"]);
});

Deno.test("in a pod whose agent has never run there is nothing to be cleaned", async () => {
  await using stage = await setStage();
  const controller = await members(stage, ["a"]);
  const spec = podSpec("classic");
  const first = { name: "first", image: "app" };
  stage.pod({
    name: "waits",
    networks: "one",
    spec: { ...spec, initContainers: [first, ...spec.initContainers ?? []] },
  });
  await stage.sandbox.waitForPod({ name: "waits" }, {
    what: "its first container to run",
    holds: (pod) =>
      listField(field(pod, "status"), "initContainerStatuses").some((one) =>
        field(field(one, "state"), "running") !== undefined
      ),
  });
  await controller.stop();
  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 0, lines.join("\n"));
  assert.ok(lines.includes("2 pods looked at"), lines.join("\n"));
  assert.ok(!shows(stage, "waits"));
});
