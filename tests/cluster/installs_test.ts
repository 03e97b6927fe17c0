// Do all ways to install work on a real cluster, and does an upgrade of each leave the networks as users edited them?
import assert from "node:assert/strict";
import { helm, releaseArguments } from "../manifests/helm.ts";
import { type Cluster, clusterForTests } from "./cluster.ts";
import { type Install, installs, networksOf, serves } from "./installs.ts";
import { putControllerImage, repository } from "./install_controller.ts";
import { looksBeforeInstalling } from "./preflight.ts";

const chart = `${repository}deploy/chart`;
const edited = { vxeth0: "id=4242", vxeth1: "id=1001", mine: "id=77" };

Deno.test("ways to install", async (t) => {
  const cluster = await clusterForTests();
  try {
    await putControllerImage(cluster);
    await t.step("status --pre, before anything is there", () => looksBeforeInstalling(cluster));
    for (const install of installs) {
      await t.step(
        `${install.it}: a member joins, inspect works by exec, an upgrade keeps the networks`,
        () =>
          installed(cluster, install, async () => {
            await serves(cluster, install);
            await edit(cluster, install);
            await install.upgrade(cluster);
            assert.deepEqual(await networksOf(cluster, install), edited);
            await install.also?.(cluster);
          }),
      );
    }
    await t.step(
      "helm: upgrade, rollback, uninstall and a new install keep the networks",
      () => release(cluster),
    );
  } finally {
    await cluster.close();
  }
});

async function installed(cluster: Cluster, install: Install, test: () => Promise<void>): Promise<void> {
  await install.apply(cluster);
  try {
    await test();
  } finally {
    await install.remove(cluster);
    const { namespace, name } = install;
    await cluster.kubectl(["-n", namespace, "delete", "lease", name, "--ignore-not-found"]);
  }
}

async function edit(cluster: Cluster, { namespace, name }: Install): Promise<void> {
  const patch = JSON.stringify({ data: { ...edited, vxeth2: null } });
  await cluster.kubectl(["-n", namespace, "patch", "configmap", name, "--type=merge", "-p", patch]);
}

/** A release of another name in a namespace of its own, which demands the strictest of pods. */
async function release(cluster: Cluster): Promise<void> {
  const namespace = "nets";
  const lab: Install = {
    it: "helm",
    namespace,
    name: "lab-kube-vxlan-controller",
    served: "elsewhere",
    apply: () => run(cluster, ["install", ...settings({}), "--wait", "--timeout=270s"]),
    upgrade: () => run(cluster, ["upgrade", ...settings({ settings: { "log-level": "debug" } }), "--wait"]),
    remove: () => run(cluster, ["uninstall", "lab", "--namespace", namespace, "--wait"]),
  };
  function settings(values: Readonly<Record<string, unknown>>): readonly string[] {
    return releaseArguments({ chart, name: "lab", namespace, values });
  }
  await cluster.kubectl(["create", "namespace", namespace]);
  try {
    await cluster.kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"]);
    await installed(cluster, lab, async () => {
      await serves(cluster, lab);
      await edit(cluster, lab);
      await lab.upgrade(cluster);
      assert.deepEqual(await networksOf(cluster, lab), edited, "upgrade");
      await run(cluster, ["rollback", "lab", "1", "--namespace", namespace, "--wait"]);
      assert.deepEqual(await networksOf(cluster, lab), edited, "rollback");
    });
    assert.deepEqual(await networksOf(cluster, lab), edited, "uninstall");
    await installed(cluster, lab, async () => {
      assert.deepEqual(await networksOf(cluster, lab), edited, "new install");
    });
  } finally {
    await cluster.kubectl(["delete", "namespace", namespace, "--timeout=300s"]);
  }
}

async function run(cluster: Cluster, args: readonly string[]): Promise<void> {
  const where = [
    ...(cluster.kubeconfig === undefined ? [] : ["--kubeconfig", cluster.kubeconfig]),
    ...(cluster.context === undefined ? [] : ["--kube-context", cluster.context]),
  ];
  const { code, stderr, stdout } = await helm([...args, ...where]);
  assert.equal(code, 0, `helm ${args.slice(0, 3).join(" ")}: ${stderr || stdout}`);
}
