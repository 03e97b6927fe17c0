// What does `status --pre` say of clusters of all kinds, on which there is nothing of ours yet?
import assert from "node:assert/strict";
import { networkPlugins } from "../../../lib/cli/preflight/network_plugins.ts";
import { statusCommand } from "../../../lib/cli/status/status.ts";
import { runOn } from "../test_host.ts";

const daemonSet = (name: string, ...images: readonly string[]): object => ({
  metadata: { name },
  spec: { template: { spec: { containers: images.map((image) => ({ image })) } } },
});

const plugins = [
  {
    it: "Cilium",
    sets: [daemonSet("cilium", "quay.io/cilium/cilium:v1.18.0@sha256:abc")],
    names: ["Cilium"],
    port: 4789,
  },
  {
    it: "Cilium's envoy alone",
    sets: [daemonSet("cilium-envoy", "quay.io/cilium/cilium-envoy:v1")],
    names: [],
    port: 8472,
  },
  {
    it: "flannel",
    sets: [daemonSet("kube-flannel-ds", "ghcr.io/flannel-io/flannel:v0.27.0")],
    names: ["flannel"],
    port: 4789,
  },
  {
    it: "Calico",
    sets: [daemonSet("calico-node", "docker.io/calico/node:v3.30.0")],
    names: ["Calico"],
    port: 8472,
  },
  {
    it: "Canal",
    sets: [daemonSet("rke2-canal", "rancher/hardened-calico:v3.30", "rancher/hardened-flannel:v0.27")],
    names: ["flannel", "Calico"],
    port: 4790,
  },
  {
    it: "kindnet",
    sets: [daemonSet("kindnet", "docker.io/kindest/kindnetd:v2025")],
    names: ["kindnet"],
    port: 8472,
  },
  {
    it: "flannel that is built in",
    sets: [],
    nodes: [{ metadata: { annotations: { "flannel.alpha.coreos.com/backend-type": "vxlan" } } }],
    names: ["flannel"],
    port: 4789,
  },
  { it: "none", sets: [daemonSet("node-exporter", "prom/node-exporter:v1")], names: [], port: 8472 },
  {
    it: "what is none",
    sets: [null, 7, { metadata: 3, spec: { template: { spec: { containers: [null] } } } }],
    names: [],
    port: 8472,
  },
] as const;

for (const { it, sets, names, port, ...rest } of plugins) {
  Deno.test(`the network plugin, and the port that it leaves: ${it}`, () => {
    const nodes = "nodes" in rest ? rest.nodes : [];
    const found = networkPlugins({ daemonSets: sets, nodes });
    assert.deepEqual([found.names, found.port], [names, port]);
  });
}

/** An API server without anything of ours. */
interface OtherCluster {
  readonly minor?: string;
  readonly policies?: readonly string[];
  readonly daemonSets?: readonly object[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly refused?: RegExp;
  readonly allowed?: boolean;
}

async function pre(
  cluster: OtherCluster,
  ...args: readonly string[]
): Promise<{ readonly status: number; readonly printed: string }> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answerOf(cluster, request),
  );
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    return await runOn([statusCommand], { args: ["status", "--pre", "--server", url, ...args] });
  } finally {
    await server.shutdown();
  }
}

function answerOf(
  { minor = "36", policies = [], daemonSets = [], labels, refused, allowed = true }: OtherCluster,
  request: Request,
): Response {
  const { pathname } = new URL(request.url);
  const list = (items: readonly object[]): Response =>
    Response.json({ kind: "List", metadata: { resourceVersion: "1" }, items });
  if (refused?.test(pathname)) {
    return Response.json({ kind: "Status", reason: "Forbidden", message: "no" }, { status: 403 });
  }
  if (pathname === "/version") return Response.json({ major: "1", minor, gitVersion: `v1.${minor}.0` });
  if (pathname.endsWith("admissionregistration.k8s.io/v1")) {
    return Response.json({ resources: policies.map((name) => ({ name })) });
  }
  if (pathname.endsWith("/daemonsets")) return list(daemonSets);
  if (pathname.endsWith("/nodes")) {
    return list([{
      status: {
        nodeInfo: {
          operatingSystem: "linux",
          kernelVersion: "6.18.0",
          containerRuntimeVersion: "containerd://2",
        },
      },
    }]);
  }
  if (pathname.endsWith("/pods")) return list([]);
  if (pathname.endsWith("/selfsubjectaccessreviews")) return Response.json({ status: { allowed } });
  if (pathname === "/api/v1/namespaces/core" && labels !== undefined) {
    return Response.json({ metadata: { labels } });
  }
  return Response.json({ kind: "Status", reason: "NotFound", message: "not found" }, { status: 404 });
}

const all = ["mutatingadmissionpolicies", "validatingadmissionpolicies"];

Deno.test("status --pre: a cluster that has everything", async () => {
  const { status, printed } = await pre(
    {
      policies: all,
      daemonSets: [daemonSet("calico-node")],
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    },
    "-n",
    "core",
  );
  assert.equal(status, 0);
  assert.deepEqual(printed.split("\n").slice(1).map((line) => line.slice(0, 8).trim()), [
    ...Array(8).fill("ok"),
    "it can b",
  ]);
});

Deno.test("status --pre: an old one, with Cilium, a restricted namespace and few rights", async () => {
  const { status, printed } = await pre(
    {
      minor: "28+",
      daemonSets: [daemonSet("cilium")],
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      allowed: false,
    },
    "-n",
    "core",
  );
  assert.equal(status, 1);
  for (
    const line of [
      /^note +API server: Kubernetes v1\.28\+\.0: native sidecars need 1\.29; use the pair of agents/m,
      /^note +admission: MutatingAdmissionPolicy is not there in version v1: /m,
      /^note +admission: ValidatingAdmissionPolicy is not there/m,
      /^note +network plugin: Cilium: write dstport=4789 into every network: 8472 is its own port \(Cilium\)$/m,
      /^problem +Pod Security: namespace core enforces restricted, which refuses agents: kubectl label namespace core /m,
      /^problem +your rights: you may not: create ClusterRoles, .*deploy\/namespaced needs no ClusterRole$/m,
      /^not all is well$/m,
    ]
  ) assert.match(printed, line);
});

Deno.test("status --pre: what may not be read is said, and is nothing that is well", async () => {
  const { status, printed } = await pre({ policies: all, refused: /daemonsets|nodes/ }, "-n", "nowhere");
  assert.equal(status, 1);
  assert.match(printed, /^not read +network plugin: Cannot list DaemonSets: .*403/m);
  assert.match(printed, /^not read +nodes: Cannot list nodes: .*403/m);
  assert.match(printed, /^note +Pod Security: namespace nowhere is not there yet$/m);
});

Deno.test("status --pre -o json", async () => {
  const value = JSON.parse((await pre({ policies: all }, "-o", "json")).printed);
  assert.deepEqual([value.kind, value.well, value.findings.length], ["Preflight", true, 8]);
});
