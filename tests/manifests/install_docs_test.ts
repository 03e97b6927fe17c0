// Do the examples of docs/install.md work: the kustomization of one's own, and the values of the chart?
import assert from "node:assert/strict";
import { parse } from "yaml";
import { repository } from "../cluster/install_controller.ts";
import { codeBlocks } from "../docs/markdown.ts";
import { chartObjects } from "./helm.ts";
import { keyOf, kustomizeObjects } from "./kustomize.ts";
import { withCopy } from "./repository_copy.ts";

const blocks = codeBlocks(await Deno.readTextFile(`${repository}docs/install.md`))
  .filter(({ language }) => language === "yaml").map(({ text }) => text);
const [kustomization = "", values = ""] = blocks;

Deno.test("the kustomization of docs/install.md is namespaced, with two replicas, and takes the networks or leaves them", async () => {
  await withCopy(async (root) => {
    await Deno.mkdir(`${root}own`);
    const file = `${root}own/kustomization.yaml`;
    const text = kustomization.replaceAll("kube-vxlan-controller/deploy/", "../deploy/");
    await Deno.writeTextFile(file, text);
    const install = await kustomizeObjects(`${root}own`);
    const [deployment] = install.filter(({ kind }) => kind === "Deployment");
    assert.equal(deployment?.spec.replicas, 2);
    assert.deepEqual(deployment?.spec.template.spec.containers[0].env.at(-1), {
      name: "KVC_LOG_LEVEL",
      value: "debug",
    });
    assert.deepEqual(install.filter(({ metadata }) => metadata.namespace !== "networking").map(keyOf), []);
    await Deno.writeTextFile(
      file,
      text.replace("components:", "components:\n  - ../deploy/components/keep-networks"),
    );
    const upgrade = await kustomizeObjects(`${root}own`);
    const isNetworks = (key: string): boolean => key === "ConfigMap networking/kube-vxlan-controller";
    assert.deepEqual(upgrade, install.filter((object) => !isNetworks(keyOf(object))));
  });
});

Deno.test("the chart takes the values of docs/install.md", async () => {
  const objects = await chartObjects({ chart: `${repository}deploy/chart`, values: parse(values) });
  assert.ok(objects.some(({ kind }) => kind === "MutatingAdmissionPolicy"));
});
