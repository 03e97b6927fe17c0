// Does a real API server take every manifest of ours as it is, without a field that it does not know?
import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { chartObjects } from "../manifests/helm.ts";
import { keyOf, type KubeObject, kustomizeObjects, objectsIn } from "../manifests/kustomize.ts";
import { type Cluster, clusterForTests } from "./cluster.ts";
import { repository } from "./install_controller.ts";
import { say } from "./progress.ts";

/** Kinds of others, which this cluster does not have: their operators bring them. */
const foreign = ["ServiceMonitor", "PrometheusRule", "SecurityContextConstraints"];

Deno.test("a real API server takes our manifests strictly", async (t) => {
  const cluster = await clusterForTests();
  try {
    const sources = await manifests();
    assert.ok(sources.size > 10);
    const leftOut = new Set<string>();
    for (const [name, objects] of sources) {
      await t.step(name, async () => {
        const known = objects.filter(({ kind }) => !foreign.includes(kind));
        for (const { kind } of objects) if (foreign.includes(kind)) leftOut.add(kind);
        assert.ok(known.length > 0, "nothing of it is a kind of Kubernetes");
        assert.deepEqual(await refusals(cluster, known), []);
      });
    }
    say(`not asked about: ${[...leftOut].sort().join(", ")}, which operators bring`);
    await t.step("a field that is spelt wrong is refused", async () => {
      const [first] = [...sources.values()].flat().filter(({ kind }) => kind === "Deployment");
      assert.ok(first);
      const wrong = structuredClone(first);
      wrong.spec.template.spec.terminationGracePeriodSecond = 1;
      const said = await refusals(cluster, [wrong]);
      assert.match(said.join(), /unknown field "spec\.template\.spec\.terminationGracePeriodSecond"/);
    });
  } finally {
    await cluster.close();
  }
});

/** What the API server says of objects that it would not take. */
async function refusals(cluster: Cluster, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const stream = objects.map((object) => stringify(object)).join("---\n");
  const { code, stdout, stderr } = await cluster.kubectl.try(
    ["apply", "--dry-run=server", "--validate=strict", "-f", "-"],
    stream,
  );
  if (code !== 0) return [stderr.trim()];
  const taken = stdout.trim().split("\n").length;
  return taken === objects.length ? [] : [`of ${objects.map(keyOf).join(", ")} it took ${taken}: ${stdout}`];
}

/** Everything that people apply, by what it is called. */
async function manifests(): Promise<ReadonlyMap<string, readonly KubeObject[]>> {
  const found = new Map<string, readonly KubeObject[]>();
  for await (const path of files("deploy/")) {
    if (!path.endsWith("/kustomization.yaml")) continue;
    const { kind } = parse(await text(path));
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (kind !== "Component") found.set(folder, await kustomizeObjects(repository + folder));
  }
  const single = [
    "k8s.yaml",
    ...await yamlFiles("examples/"),
    ...await yamlFiles("deploy/admission/"),
    ...await yamlFiles("deploy/validation/"),
  ];
  for (const path of single) {
    // Marked as no object of a cluster: kustomize only reads it.
    const objects = objectsIn(await text(path)).filter(({ metadata }) =>
      metadata.annotations?.["config.kubernetes.io/local-config"] !== "true"
    );
    if (objects.length > 0) found.set(path, objects);
  }
  const chart = `${repository}deploy/chart`;
  found.set("the chart", await chartObjects({ chart }));
  found.set("the chart with everything on", await chartObjects({ chart, values: everything }));
  return found;
}

const everything = {
  highAvailability: true,
  watchNamespaces: ["default"],
  "monitoring.enabled": true,
  "admission.agentInjection": true,
  "admission.controllerExec": true,
  "admission.controllerStatus": true,
  "admission.networks": "warn",
};

async function yamlFiles(folder: string): Promise<readonly string[]> {
  const found = await Array.fromAsync(files(folder));
  return found.filter((path) => path.endsWith(".yaml") && !path.endsWith("kustomization.yaml")).sort();
}

async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(repository + folder)) {
    if (isDirectory && name !== "chart") yield* files(`${folder}${name}/`);
    else if (isFile) yield folder + name;
  }
}

async function text(path: string): Promise<string> {
  return await Deno.readTextFile(repository + path);
}
