// Does a real DNS server lead to members by the example, through their network, and no longer than they are there?
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import { askedAt, removeDnsRights, startDns } from "./dns_server.ts";
import { controllerLog, controllerReady, repository } from "./install_controller.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "names";
const role = "kube-vxlan-controller-names";
const rights = `${repository}deploy/components/names/rights.yaml`;
const managedBy = "endpointslice.kubernetes.io/managed-by";
const ours = `${managedBy}=kube-vxlan-controller.vxlan.travelping.com`;
const ofKubernetes = `${managedBy}=endpointslice-controller.k8s.io`;

Deno.test("names of members, by CoreDNS", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) return say("SKIPPED: the image of CoreDNS is on nodes of our own only");
    try {
      await t.step("without its rights the controller says which is missing", () => withoutRights(cluster));
      const dns = await startDns({ ...cluster, access }, namespace);
      await cluster.kubectl(["-n", namespace, "apply", "-f", "-"], await example(dns));
      await t.step("db-0.db leads into the network", () => intoTheNetwork(cluster));
      await t.step("a pod that goes takes its name with it", () => podGoes(cluster));
      await t.step("what cannot be is told on the Service, and its remedy is one", () => refused(cluster));
      await t.step("slices go with their Service", () => serviceGoes(cluster));
    } finally {
      await removeDnsRights(cluster);
      await cluster.kubectl.try(["delete", "-f", rights, "--ignore-not-found"]);
    }
  });
});

/** Installed as people do it; then the rule is taken away, and given back. */
async function withoutRights(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["apply", "-k", `${repository}deploy/names`]);
  const rule = { op: "remove", path: "/rules/1" };
  await cluster.kubectl(["patch", "clusterrole", role, "--type=json", "-p", JSON.stringify([rule])]);
  await controllerReady(cluster);
  const isSaid = async (): Promise<boolean> =>
    /cannot list resource "endpointslices"/.test(await controllerLog(cluster));
  await until("the log to name endpointslices", isSaid, {
    seconds: 60,
    describe: () => controllerLog(cluster),
  });
  await cluster.kubectl(["apply", "-f", rights]);
}

/** The example, with the images of tests, asked at this DNS server. */
async function example(dns: string): Promise<string> {
  const text = await Deno.readTextFile(`${repository}examples/names.yaml`);
  const objects = parseAllDocuments(text.replaceAll(/image: busybox:.*/g, `image: ${toolsImageName}`))
    .map((document) => document.toJS());
  for (const { kind, spec } of objects) {
    if (kind === "Pod") Object.assign(spec, askedAt(dns, namespace), { terminationGracePeriodSeconds: 1 });
    if (kind === "StatefulSet") Object.assign(spec.template.spec, { terminationGracePeriodSeconds: 1 });
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
}

async function intoTheNetwork(cluster: Cluster): Promise<void> {
  await until("the members to be ready", async () => {
    const get = ["-n", namespace, "get", "pods", "client", "db-0", "db-1", "-o", "json"];
    const { items } = JSON.parse((await cluster.kubectl.try(get)).stdout || '{"items":[]}');
    return items.length === 3 &&
      items.every((pod: { status: { conditions?: { type: string; status: string }[] } }) =>
        pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True")
      );
  }, { seconds: 90, describe: () => controllerLog(cluster) });
  for (const [pod, address] of [["db-0", "192.168.30.10"], ["db-1", "192.168.30.11"]] as const) {
    await until(
      `${pod}.db to be ${address}`,
      async () => (await addressesOf(cluster, `${pod}.db`)).join() === address,
      {
        seconds: 30,
        describe: () => state(cluster),
      },
    );
  }
  const both = "192.168.30.10 192.168.30.11";
  await until("db to be both", async () => [...await addressesOf(cluster, "db")].sort().join(" ") === both, {
    seconds: 30,
    describe: () => state(cluster),
  });
  const argv = ["timeout", "10", "wget", "-q", "-O-", "http://db-0.db:8080/hostname"];
  let before = 0;
  let said = "";
  // A container that runs may not listen yet.
  await until("db-0.db to answer", async () => {
    before = await counted(cluster);
    const { stdout, stderr } = await inClient(cluster, argv);
    said = stdout + stderr;
    return stdout.trim() === "db-0";
  }, { seconds: 30, describe: () => said });
  const after = await counted(cluster);
  say(`one request by name: ${after - before} packets came in on the VXLAN link`);
  // SYN+ACK, the answer, FIN; and what acknowledges.
  assert.ok(after - before >= 3, `${after - before} packets`);
}

async function podGoes(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["-n", namespace, "scale", "statefulset", "db", "--replicas=1"]);
  await until("db-1.db to be nobody", async () => (await addressesOf(cluster, "db-1.db")).length === 0, {
    seconds: 60,
    describe: () => state(cluster),
  });
  await until("db to be db-0", async () => (await addressesOf(cluster, "db")).join() === "192.168.30.10", {
    seconds: 30,
    describe: () => state(cluster),
  });
}

async function refused(cluster: Cluster): Promise<void> {
  await cluster.kubectl([
    "-n",
    namespace,
    "patch",
    "service",
    "db",
    "-p",
    '{"spec":{"selector":{"app":"db"}}}',
  ]);
  const describe = (): Promise<string> => cluster.kubectl(["-n", namespace, "describe", "service", "db"]);
  const told = async (): Promise<string> =>
    `${await describe()}\n${await controllerLog(cluster)}\n${await cluster.kubectl([
      "-n",
      namespace,
      "get",
      "events",
      "-o",
      "wide",
    ])}`;
  await until("describe to say so", async () => (await describe()).includes("VxlanServiceSelector"), {
    seconds: 30,
    describe: told,
  });
  await until("its slices to go", async () => await slices(cluster) === "", {
    seconds: 30,
    describe: () => state(cluster),
  });
  await until("Kubernetes to list its pods", async () => await slices(cluster, ofKubernetes) !== "", {
    seconds: 30,
    describe: () => state(cluster),
  });
  await cluster.kubectl([
    "-n",
    namespace,
    "patch",
    "service",
    "db",
    "--type=json",
    "-p",
    '[{"op":"remove","path":"/spec/selector"}]',
  ]);
  await until("db-0 to be listed again", async () => (await slices(cluster)).includes("192.168.30.10"), {
    seconds: 30,
    describe: () => state(cluster),
  });
  // Without a selector Kubernetes looks at the Service no more, and what it has listed stays.
  assert.notEqual(await slices(cluster, ofKubernetes), "");
  const service = JSON.parse(await cluster.kubectl(["-n", namespace, "get", "service", "db", "-o", "json"]));
  const { metadata: { name, annotations }, spec: { ports } } = service;
  await cluster.kubectl(["-n", namespace, "delete", "service", "db"]);
  const anew = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, annotations },
    spec: { clusterIP: "None", ports },
  };
  await cluster.kubectl(["-n", namespace, "create", "-f", "-"], JSON.stringify(anew));
  await until("the Service made anew to list db-0 and nobody else", async () => {
    const [own, theirs] = [await slices(cluster), await slices(cluster, ofKubernetes)];
    return own === '["192.168.30.10"]' && theirs === "";
  }, { seconds: 60, describe: () => state(cluster) });
}

async function serviceGoes(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["-n", namespace, "delete", "service", "db"]);
  await until("the slices to be collected", async () => await slices(cluster) === "", {
    seconds: 60,
    describe: () => state(cluster),
  });
}

/** IPv4 addresses of a name, as the client's resolver finds them; none when there is no such name. */
async function addressesOf(cluster: Cluster, name: string): Promise<readonly string[]> {
  const { stdout } = await inClient(cluster, [
    "nslookup",
    "-type=a",
    `${name}.${namespace}.svc.cluster.local`,
  ]);
  const [, answer = ""] = stdout.split(/^Name:/m).length > 1
    ? ["", stdout.slice(stdout.indexOf("Name:"))]
    : [];
  return [...answer.matchAll(/^Address(?: \d+)?: (\S+)/gm)].map(([, address = ""]) => address);
}

async function counted(cluster: Cluster): Promise<number> {
  const { stdout } = await inClient(cluster, ["cat", "/sys/class/net/storage/statistics/rx_packets"]);
  return Number(stdout);
}

async function inClient(
  cluster: Cluster,
  argv: readonly string[],
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return await cluster.kubectl.try(["-n", namespace, "exec", "client", "-c", "app", "--", ...argv]);
}

async function slices(cluster: Cluster, label = ours): Promise<string> {
  const endpoints = "jsonpath={.items[*].endpoints[*].addresses}";
  return await cluster.kubectl(["-n", namespace, "get", "endpointslices", "-l", label, "-o", endpoints]);
}

async function state(cluster: Cluster): Promise<string> {
  const all = await cluster.kubectl(["-n", namespace, "get", "endpointslices,services,pods", "-o", "wide"]);
  const { stdout, stderr } = await inClient(cluster, ["nslookup", `db.${namespace}.svc.cluster.local`]);
  return `${all}\n${stdout}${stderr}\n${await controllerLog(cluster)}`;
}
