// Somebody who may read the pods of one namespace and nothing else: what do our commands and scripts/check.sh say to him?
import assert from "node:assert/strict";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../lib/cli/show/list.ts";
import { type CommandResult, runOn } from "../cli/test_host.ts";
import { apiAccess } from "./api_access.ts";
import { runCheckScript } from "./check_script.ts";
import type { Cluster } from "./cluster.ts";
import { until } from "./until.ts";

/** With a role and a token of his own. The pod is a member that is in sync. */
export async function podAuthorSees(
  cluster: Cluster,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
): Promise<void> {
  const kubectl = (...args: readonly string[]): Promise<string> =>
    cluster.kubectl(["-n", namespace, ...args]);
  await kubectl("create", "serviceaccount", "author");
  await kubectl("create", "role", "author", "--verb=get,list,watch", "--resource=pods");
  await kubectl("create", "rolebinding", "author", "--role=author", `--serviceaccount=${namespace}:author`);
  const token = (await kubectl("create", "token", "author")).trim();
  const account = `--as=system:serviceaccount:${namespace}:author`;
  // The API server reads new bindings by a watch.
  const mayRead = [account, "-n", namespace, "auth", "can-i", "--quiet", "watch", "pods"];
  await until("the author to be let in", async () => (await cluster.kubectl.try(mayRead)).code === 0, {
    seconds: 30,
  });
  const { server, ca = "" } = await apiAccess(cluster);
  const run = (...args: readonly string[]): Promise<CommandResult> =>
    runOn([inspectCommand, listCommand], {
      args: [...args, "--server", server, "--ca-cert-file", "ca", "--token", token],
      files: { ca },
    });

  const inspected = await run("inspect", `${namespace}/${pod}`);
  assert.equal(inspected.status, 0, inspected.printed + inspected.complained);
  assert.match(inspected.printed, /\n {2}network vxeth0: interface vxeth0, VNI 1000/);
  assert.match(inspected.printed, /not read: Cannot list ConfigMap .* cannot list resource "configmaps"/);
  assert.match(inspected.printed, /not read: Cannot list pods: .* at the cluster scope/);
  assert.match(inspected.printed, /in sync, as far as the pod says$/);

  const listed = await run("list", "pods", "-n", namespace);
  assert.equal(listed.status, 0, listed.complained);
  assert.match(listed.printed, new RegExp(`${namespace} +${pod} .* vxeth0 +-`));
  assert.match(listed.complained, /not read: Cannot list ConfigMap /);
  assert.match((await run("list", "pods")).complained, /name a namespace of your own with -n/);

  const { code, stdout } = await runCheckScript(cluster, { namespace, pod, options: [account] });
  assert.equal(code, 0, stdout);
  for (
    const what of [
      "controller: cannot tell",
      "ConfigMap: this account may not",
      "interfaces: this account may not",
    ]
  ) {
    assert.ok(stdout.includes(`note  ${what}`), stdout);
  }
  assert.match(stdout, /\nAll is right\.\n$/);
}
