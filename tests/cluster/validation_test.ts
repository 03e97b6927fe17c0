// What do the policies of deploy/validation say at "kubectl apply", and where do they differ from the program?
import assert from "node:assert/strict";
import type { ApiAnswer, ApiRequest, ApiUnderTest, Json } from "../contract/api_under_test.ts";
import { httpApi } from "../contract/http_api.ts";
import { apiAccess } from "./api_access.ts";
import { type Cluster, clusterForTests } from "./cluster.ts";
import { repository } from "./install_controller.ts";
import { say } from "./progress.ts";
import { inNamespace } from "./test_namespace.ts";
import { until } from "./until.ts";
import { leftToController, otherWords, reasonOf } from "./validation/differences.ts";
import { judgedPod, type JudgedRow, judgedRows, networks, rowsFor } from "./validation/judged_rows.ts";
import { installOwnNames, ownNames, removeOwnNames } from "./validation/own_names.ts";

const configMap = "/api/v1/namespaces/kube-system/configmaps/kube-vxlan-controller";
const annotation = "vxlan.travelping.com/networks";
const lost = `annotation ${annotation}: Cannot give the pod network "lost": it has no id: ConfigMap ` +
  "kube-system/kube-vxlan-controller has no key lost; add one with id=…, or write id=… behind its name in the annotation";
const wrongId = `Cannot read "id=0145" of network "vxeth0": expected a decimal number from 1 to 16777215, ` +
  "without leading zeros";

Deno.test("policies on pods and on the ConfigMap", async (t) => {
  const cluster = await clusterForTests();
  try {
    await inNamespace(cluster, async (_, namespace) => {
      using api = httpApi(await apiAccess(cluster), { name: cluster.description, namespace, image: "" });
      const scene = { cluster, api, namespace };
      await cluster.kubectl([
        "delete",
        "configmap",
        "-n",
        "kube-system",
        "kube-vxlan-controller",
        "--ignore-not-found",
      ]);
      try {
        await cluster.kubectl(["apply", "-k", `${repository}deploy/validation`]);
        await t.step(
          "without the ConfigMap nothing is judged; with it there are warnings in our words",
          () => warns(scene),
        );
        await cluster.kubectl(["apply", "-k", `${repository}deploy/validation-deny`]);
        // Each is read by the API server in its own time.
        await until("the policies to refuse", async () => {
          const key = { vxeth0: "id=0145" };
          return await refusal(scene, "lost") !== "" && await patchNetworks(api, key, "?dryRun=All") !== "";
        }, { seconds: 30 });
        await t.step(
          "every row of the grammar's tables, through policy and program",
          () => compares(scene, judgedRows(namespace)),
        );
        await t.step("workloads, updates, foreign pods, what is too much", () => judgesWhatIsNew(scene));
        await t.step("the ConfigMap: only what is new in it", () => judgesKeys(scene));
        await t.step("names of its own, pods that may say less", () => judgesOwnNames(scene));
      } finally {
        await removeOwnNames(cluster);
        await cluster.kubectl.try(["delete", "-k", `${repository}deploy/validation`]);
        await cluster.kubectl.try(["delete", "configmap", "-n", "kube-system", "kube-vxlan-controller"]);
      }
    });
  } finally {
    await cluster.close();
  }
});

interface Scene {
  readonly cluster: Cluster;
  readonly api: ApiUnderTest;
  readonly namespace: string;
}

async function warns(scene: Scene): Promise<void> {
  const { api } = scene;
  // A new namespace is without its service account for a moment.
  await until("pods to be taken", async () => (await create(scene, judgedPod("vxeth0"))).status === 201, {
    seconds: 30,
  });
  assert.equal((await create(scene, judgedPod("lost"))).headers.get("warning"), null);
  const data = {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "kube-vxlan-controller" },
    data: networks,
  };
  assert.equal(
    (await api.request({ method: "POST", path: "/api/v1/namespaces/kube-system/configmaps", body: data }))
      .status,
    201,
  );
  let answer: ApiAnswer | undefined;
  await until("a warning", async () => {
    answer = await create(scene, judgedPod("lost"));
    return answer.headers.get("warning") !== null;
  }, { seconds: 30 });
  assert.equal(answer?.status, 201);
  // The header has UTF-8, which fetch reads as Latin-1, and quotes escaped.
  const bytes = Uint8Array.from(answer.headers.get("warning") ?? "", (one) => one.charCodeAt(0));
  const header = new TextDecoder().decode(bytes).replaceAll('\\"', '"');
  assert.ok(header.includes(lost), header);
  assert.equal((await create(scene, judgedPod("vxeth0, vxeth1 name=storage"))).headers.get("warning"), null);
  for (const [name, labels] of [["old", { "vxlan.travelping.com": "true" }], ["foreign", {}]] as const) {
    const pod = judgedPod("lost");
    Object.assign(pod.metadata, { name, labels });
    // Pending for ever, so that it goes at once.
    pod.spec.schedulerName = "nobody";
    const answer = await api.request({ method: "POST", path: podsOf(scene), body: pod });
    assert.equal(answer.status, 201, answer.text);
  }
}

function podsOf({ namespace }: Scene): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

async function compares({ api }: Scene, rows: readonly JudgedRow[]): Promise<void> {
  const lines: string[] = [];
  const unexplained: string[] = [];
  let alike = 0;
  for (const row of rows) {
    const said = saidBy(await api.request(row.request));
    const [first] = row.problems;
    assert.ok(said === "" || first !== undefined, `${row.it}: refused by the policy only: ${said}`);
    if (said === "" ? first === undefined : row.problems.some((problem) => said.includes(problem))) {
      alike++;
      continue;
    }
    const reason = reasonOf(row, said === "" ? leftToController : otherWords);
    const line = `${row.it}: ${said === "" ? "left to the controller" : "other words"}: ${reason}`;
    (reason === undefined ? unexplained : lines).push(
      reason === undefined ? `${line} ${said} | ${first}` : line,
    );
  }
  assert.deepEqual(unexplained, []);
  say(
    `policy and program judge ${alike} of ${rows.length} texts in the same words; the others:\n${
      lines.join("\n")
    }`,
  );
  assert.ok(alike > rows.length / 2);
}

async function judgesWhatIsNew(scene: Scene): Promise<void> {
  const { api, namespace } = scene;
  const template = (text: string): Json => {
    const { metadata: { labels, annotations }, spec } = judgedPod(text);
    const containers = spec.containers;
    return { metadata: { labels, annotations }, spec: { containers } };
  };
  const path = (group: string, kind: string): string =>
    `/apis/${group}/v1/namespaces/${namespace}/${kind}?dryRun=All`;
  const selector = { matchLabels: { "vxlan.travelping.com": "true" } };
  const job = {
    spec: { template: { ...template("lost"), spec: { ...template("lost").spec, restartPolicy: "Never" } } },
  };
  const ofApps = (kind: string, more: object = {}): readonly [string, ApiRequest] => [kind, {
    method: "POST",
    path: path("apps", `${kind.toLowerCase()}s`),
    body: {
      apiVersion: "apps/v1",
      kind,
      metadata: { name: "x" },
      spec: { selector, template: template("lost"), ...more },
    },
  }];
  const workloads: readonly (readonly [string, ApiRequest])[] = [
    ofApps("Deployment"),
    ofApps("ReplicaSet"),
    ofApps("DaemonSet"),
    ofApps("StatefulSet", { serviceName: "x" }),
    ["ReplicationController", {
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/replicationcontrollers?dryRun=All`,
      body: {
        apiVersion: "v1",
        kind: "ReplicationController",
        metadata: { name: "x" },
        spec: { selector: selector.matchLabels, template: template("lost") },
      },
    }],
    ["Job", {
      method: "POST",
      path: path("batch", "jobs"),
      body: { apiVersion: "batch/v1", kind: "Job", metadata: { name: "x" }, ...job },
    }],
    ["CronJob", {
      method: "POST",
      path: path("batch", "cronjobs"),
      body: {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "x" },
        spec: { schedule: "0 0 * * *", jobTemplate: job },
      },
    }],
  ];
  for (const [kind, request] of workloads) assert.ok(saidBy(await api.request(request)).includes(lost), kind);

  const foreign = judgedPod("lost");
  delete foreign.metadata.labels;
  assert.equal(saidBy(await create(scene, foreign)), "", "a pod without the label");
  assert.equal(
    saidBy(await create(scene, judgedPod("lost,".repeat(1000)))),
    "",
    "more than a policy can judge",
  );
  assert.equal(saidBy(await create(scene, judgedPod("vxeth0\n\tid=0145"))), "", "indented by a tab");

  // They are there from a time when nothing was refused: what is not new is not judged.
  const patch = async (name: string, metadata: object): Promise<string> =>
    saidBy(
      await api.request({
        method: "PATCH",
        path: `${podsOf(scene)}/${name}`,
        contentType: "application/merge-patch+json",
        body: { metadata },
      }),
    );
  assert.ok(
    (await patch("foreign", { labels: { "vxlan.travelping.com": "true" } })).includes(lost),
    "a new label",
  );
  assert.equal(
    await patch("foreign", { annotations: { [annotation]: "vxeth0 id=0145" } }),
    "",
    "still no member",
  );
  assert.equal(await patch("old", { labels: { other: "x" } }), "", "a label of others");
  assert.ok((await patch("old", { annotations: { [annotation]: "vxeth0 id=0145" } })).includes(wrongId));
  assert.equal(await patch("old", { finalizers: ["test.example/stay"] }), "");
  assert.equal(await patch("old", { finalizers: null }), "", "a pod is free to go");
}

/** What is said of a change of the ConfigMap; empty when it was accepted. */
async function patchNetworks(
  api: ApiUnderTest,
  data: Readonly<Record<string, string | null>>,
  query = "",
): Promise<string> {
  return saidBy(
    await api.request({
      method: "PATCH",
      path: `${configMap}${query}`,
      contentType: "application/merge-patch+json",
      body: { data },
    }),
  );
}

async function judgesKeys({ api }: Scene): Promise<void> {
  const patch = (data: Readonly<Record<string, string | null>>): Promise<string> =>
    patchNetworks(api, data, "?dryRun=All");
  assert.ok((await patch({ vxeth0: "id=0145" })).includes(`key vxeth0: ${wrongId}`));
  assert.match(await patch({ "0bad": "id=5" }), /Cannot read key "0bad" as a network/);
  assert.equal(await patch({ fresh: "1234", vxeth0: "id=1 dev=eth0\nnamespaces=a,b" }), "");
  assert.equal(await patch({ vxeth0: null }), "");
}

/** Two policies stand then, each for its own label, annotation and ConfigMap. */
async function judgesOwnNames(scene: Scene): Promise<void> {
  const { cluster, api, namespace } = scene;
  const names = ownNames(namespace);
  await installOwnNames(cluster, names);
  const said = async (text: string): Promise<string> => saidBy(await create(scene, judgedPod(text, names)));
  await until("its policy to refuse", async () => await said("lost") !== "", { seconds: 30 });
  await compares(scene, rowsFor(names, namespace));
  const other = judgedPod("lost", { ...names, label: ["nets.example/member", "no"] });
  assert.equal(saidBy(await create(scene, other)), "", "another value of the label");
  assert.ok((await refusal(scene, "lost")).includes(lost), "the first one judges as before");
  // Of these the controller may have the last good options, and takes pods by them.
  for (const [data, text] of [[{ noid: "dev=eth0 idd=5" }, "noid"], [null, "lost"]] as const) {
    assert.notEqual(await said(text), "");
    const path = `/api/v1/namespaces/${namespace}/configmaps/${names.configMap.name}`;
    const contentType = "application/merge-patch+json";
    assert.equal((await api.request({ method: "PATCH", path, contentType, body: { data } })).status, 200);
    await until(`${text} to be left to the controller`, async () => await said(text) === "", { seconds: 30 });
  }
}

async function refusal(scene: Scene, text: string): Promise<string> {
  return saidBy(await create(scene, judgedPod(text)));
}

async function create(scene: Scene, body: Json): Promise<ApiAnswer> {
  return await scene.api.request({ method: "POST", path: `${podsOf(scene)}?dryRun=All`, body });
}

/** The policy's words; empty when it was accepted. Throws when somebody else refused it. */
function saidBy({ status, json, text }: ApiAnswer): string {
  if (status < 300) return "";
  const [, said] = /denied request: (.*)$/s.exec(json?.message ?? "") ?? [];
  if (said === undefined) throw new Error(`Cannot tell what the policy says: ${status} ${text}`);
  return said;
}
