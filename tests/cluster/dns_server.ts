// A real DNS server in the cluster: CoreDNS as a pod, asked at its pod IP.
import { programArchive } from "../images/program_archive.ts";
import { goTool } from "../tools/go_tools.ts";
import type { Cluster } from "./cluster.ts";
import type { NodeAccess } from "./node_access.ts";
import { until } from "./until.ts";

const image = "localhost/coredns:1";
const name = "test-coredns";

const corefile = `.:53 {
  errors
  health :8080
  kubernetes cluster.local
}
`;

/** Starts it in a namespace and gives its pod IP. */
export async function startDns(
  cluster: Cluster & { readonly access: NodeAccess },
  namespace: string,
): Promise<string> {
  await cluster.access.importImage(await programArchive({ program: await goTool("coredns"), name: image }));
  await cluster.kubectl(
    ["apply", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects(namespace) }),
  );
  let ip = "";
  await until("CoreDNS to serve", async () => {
    const pod = JSON.parse(await cluster.kubectl(["-n", namespace, "get", "pod", name, "-o", "json"]));
    ip = pod.status.podIP ?? "";
    return pod.status.containerStatuses?.[0]?.ready === true;
  }, { seconds: 60, describe: () => cluster.kubectl(["-n", namespace, "describe", "pod", name]) });
  return ip;
}

/** Its rights are the cluster's; the rest goes with the namespace. */
export async function removeDnsRights(cluster: Cluster): Promise<void> {
  await cluster.kubectl.try(["delete", "clusterrole,clusterrolebinding", name, "--ignore-not-found"]);
}

/** In a pod's spec: this server and no other. */
export function askedAt(ip: string, namespace: string): object {
  const searches = [`${namespace}.svc.cluster.local`, "svc.cluster.local", "cluster.local"];
  return {
    dnsPolicy: "None",
    dnsConfig: { nameservers: [ip], searches, options: [{ name: "ndots", value: "5" }] },
  };
}

function objects(namespace: string): readonly object[] {
  const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
  const rbac = "rbac.authorization.k8s.io/v1";
  const verbs = ["list", "watch"];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name } },
    {
      apiVersion: rbac,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [""], resources: ["services", "namespaces"], verbs },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs },
      ],
    },
    {
      apiVersion: rbac,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: role,
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data: { Corefile: corefile } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name },
      spec: {
        serviceAccountName: name,
        dnsPolicy: "Default",
        terminationGracePeriodSeconds: 0,
        containers: [{
          name: "coredns",
          image,
          imagePullPolicy: "IfNotPresent",
          args: ["-conf", "/etc/coredns/Corefile"],
          volumeMounts: [{ name: "config", mountPath: "/etc/coredns" }],
          readinessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 1 },
        }],
        volumes: [{ name: "config", configMap: { name } }],
      },
    },
  ];
}
