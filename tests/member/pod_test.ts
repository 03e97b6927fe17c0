// A Pod of the API becomes a view: which fields count, and what is assumed when they are missing.
import assert from "node:assert/strict";
import type { V1Container, V1ContainerStatus, V1Pod, V1SecurityContext } from "@kubernetes/client-node";
import { type ContainerView, type PodView, podView } from "../../lib/member/pod.ts";

const annotationKey = "vxlan.travelping.com/networks";

const fresh: V1Pod = {
  metadata: { uid: "u1", namespace: "default", name: "a" },
  spec: { containers: [{ name: "c" }] },
};

const freshView: PodView = {
  uid: "u1",
  namespace: "default",
  name: "a",
  resourceVersion: "",
  created: "",
  hostNetwork: false,
  shareProcessNamespace: false,
  phase: "",
  podIPs: [],
  initContainers: [],
  containers: [{
    name: "c",
    init: false,
    position: 0,
    restartable: false,
    startupProbe: false,
    netAdmin: false,
    runAsNonRoot: false,
    state: "unknown",
    endedForGood: false,
    containerId: "",
    image: "",
  }],
};

function status(name: string, fields: Partial<V1ContainerStatus>): V1ContainerStatus {
  return { name, image: "", imageID: "", ready: false, restartCount: 0, ...fields };
}

const deleted = new Date("2026-11-23T00:00:00Z");

const pods: readonly { readonly it: string; readonly pod: V1Pod; readonly changes: Partial<PodView> }[] = [
  { it: "a fresh pod without status", pod: fresh, changes: {} },
  { it: "a pod without spec", pod: { metadata: fresh.metadata ?? {} }, changes: { containers: [] } },
  {
    it: "what membership asks for",
    pod: {
      metadata: { ...fresh.metadata, resourceVersion: "7", annotations: { [annotationKey]: "", other: "x" } },
      spec: { containers: [], nodeName: "n1", hostNetwork: true, shareProcessNamespace: true },
      status: { phase: "Running", podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "FD00::1" }] },
    },
    changes: {
      resourceVersion: "7",
      annotation: "",
      node: "n1",
      hostNetwork: true,
      shareProcessNamespace: true,
      phase: "Running",
      podIPs: ["10.0.0.1", "fd00::1"],
      containers: [],
    },
  },
  {
    it: "where its processes run",
    pod: { ...fresh, spec: { containers: [], hostPID: true, os: { name: "windows" } } },
    changes: { hostPID: true, windows: true, containers: [] },
  },
  {
    it: "Windows by the node it asks for",
    pod: { ...fresh, spec: { containers: [], nodeSelector: { "kubernetes.io/os": "windows" } } },
    changes: { windows: true, containers: [] },
  },
  {
    it: "Linux said",
    pod: { ...fresh, spec: { containers: [], hostPID: false, os: { name: "linux" } } },
    changes: { containers: [] },
  },
  {
    it: "a virtual kubelet by its taint",
    pod: {
      ...fresh,
      spec: { containers: [], tolerations: [{ operator: "Exists" }, { key: "virtual-kubelet.io/provider" }] },
    },
    changes: { virtualNode: "a toleration of virtual-kubelet.io/provider", containers: [] },
  },
  { it: "podIP alone", pod: { ...fresh, status: { podIP: "10.0.0.1" } }, changes: { podIPs: ["10.0.0.1"] } },
  {
    it: "a pod IP that is none is left out",
    pod: { ...fresh, status: { podIP: "10.0.0.1 dev eth0", podIPs: [{ ip: "" }, { ip: "10.0.0.2" }] } },
    changes: { podIPs: ["10.0.0.2"] },
  },
  {
    it: "a pod IP with a zone, and nothing else",
    pod: { ...fresh, status: { podIP: "fe80::1%eth0", podIPs: [{ ip: "fe80::1%eth0" }] } },
    changes: { unusableIp: "fe80::1%eth0" },
  },
  {
    it: "IPv4 as IPv6 beside an address that can be used",
    pod: { ...fresh, status: { podIPs: [{ ip: "::ffff:10.0.0.1" }, { ip: "fd00::1" }] } },
    changes: { podIPs: ["fd00::1"] },
  },
  {
    it: "a pod IP of a megabyte that is none",
    pod: { ...fresh, status: { podIP: "x".repeat(1_000_000) } },
    changes: { unusableIp: `${"x".repeat(60)}…` },
  },
  {
    it: "a deletion with its grace",
    pod: {
      ...fresh,
      metadata: { ...fresh.metadata, deletionTimestamp: deleted, deletionGracePeriodSeconds: 0 },
    },
    changes: { deletion: { graceSeconds: 0 } },
  },
  {
    it: "a deletion without grace: that of the spec",
    pod: {
      metadata: { ...fresh.metadata, deletionTimestamp: deleted },
      spec: { containers: [], terminationGracePeriodSeconds: 60 },
    },
    changes: { deletion: { graceSeconds: 60 }, containers: [] },
  },
  {
    it: "a deletion without any grace: Kubernetes' default",
    pod: { ...fresh, metadata: { ...fresh.metadata, deletionTimestamp: deleted } },
    changes: { deletion: { graceSeconds: 30 } },
  },
];

for (const { it, pod, changes } of pods) {
  Deno.test(`podView: ${it}`, () => {
    // What holds it up has a test of its own.
    const { delay: _, ...view } = podView(pod, { annotationKey });
    assert.deepEqual(view, { ...freshView, ...changes });
  });
}

Deno.test("podView: a pod that cannot be told from others is an error", () => {
  assert.throws(() => podView({}, { annotationKey }), {
    message: "Cannot read a pod: metadata.uid is missing",
  });
  assert.throws(() => podView({ metadata: { uid: "u1", name: "a" } }, { annotationKey }), {
    message: "Cannot read a pod: metadata.namespace is missing",
  });
});

Deno.test("podView: containers carry their own status, by name", () => {
  const view = podView({
    ...fresh,
    spec: {
      initContainers: [{ name: "i0", image: "x" }, { name: "i1", restartPolicy: "Always", startupProbe: {} }],
      containers: [{ name: "c0", restartPolicy: "Always" }, { name: "c1" }],
    },
    status: {
      initContainerStatuses: [
        status("i1", { state: { running: {} }, containerID: "containerd://1" }),
        status("i0", { state: { terminated: { exitCode: 0 } }, containerID: "containerd://0" }),
      ],
      containerStatuses: [
        status("c1", { state: { waiting: { reason: "PodInitializing" } } }),
        status("c0", { state: {} }),
      ],
    },
  }, { annotationKey });
  const seen = (
    { name, init, position, restartable, startupProbe, state, containerId }: ContainerView,
  ): unknown[] => [
    ...[name, init, position, restartable, startupProbe, state, containerId],
  ];
  assert.deepEqual([...view.initContainers, ...view.containers].map(seen), [
    ["i0", true, 0, false, false, "terminated", "containerd://0"],
    ["i1", true, 1, true, true, "running", "containerd://1"],
    ["c0", false, 0, false, false, "unknown", ""],
    ["c1", false, 1, false, false, "waiting", ""],
  ]);
});

const capabilities: readonly {
  readonly it: string;
  readonly of: V1SecurityContext;
  readonly netAdmin: boolean;
}[] = [
  { it: "NET_ADMIN added", of: { capabilities: { add: ["NET_ADMIN"] } }, netAdmin: true },
  { it: "in lower case", of: { capabilities: { add: ["net_admin"] } }, netAdmin: true },
  { it: "by its long name", of: { capabilities: { add: ["CAP_NET_ADMIN"] } }, netAdmin: true },
  { it: "all added", of: { capabilities: { add: ["ALL"] } }, netAdmin: true },
  { it: "privileged", of: { privileged: true }, netAdmin: true },
  {
    it: "all dropped, NET_ADMIN added",
    of: { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } },
    netAdmin: true,
  },
  { it: "all added, all dropped", of: { capabilities: { add: ["ALL"], drop: ["all"] } }, netAdmin: false },
  {
    it: "all added, NET_ADMIN dropped",
    of: { capabilities: { add: ["ALL"], drop: ["NET_ADMIN"] } },
    netAdmin: false,
  },
  { it: "another added", of: { capabilities: { add: ["NET_RAW"] } }, netAdmin: false },
  { it: "nothing said", of: {}, netAdmin: false },
];

function onlyContainer(pod: V1Pod): ContainerView | undefined {
  return podView(pod, { annotationKey }).containers[0];
}

for (const { it, of, netAdmin } of capabilities) {
  Deno.test(`podView, NET_ADMIN: ${it}`, () => {
    const container: V1Container = { name: "c", securityContext: of };
    assert.equal(onlyContainer({ ...fresh, spec: { containers: [container] } })?.netAdmin, netAdmin);
  });
}

const ends = [
  { policy: undefined, exitCode: 0, forGood: false },
  { policy: "Always", exitCode: 0, forGood: false },
  { policy: "OnFailure", exitCode: 0, forGood: true },
  { policy: "OnFailure", exitCode: 143, forGood: false },
  { policy: "Never", exitCode: 137, forGood: true },
  { policy: "Always", own: { restartPolicy: "Never" }, exitCode: 1, forGood: true },
  { policy: "Always", own: { restartPolicy: "OnFailure" }, exitCode: 0, forGood: true },
  { policy: "Never", own: { restartPolicy: "Always" }, exitCode: 0, forGood: false },
  { policy: "Never", own: rules("In", [143]), exitCode: 143, forGood: false },
  { policy: "Never", own: rules("In", [143]), exitCode: 0, forGood: true },
  { policy: "Never", own: rules("NotIn", [0]), exitCode: 137, forGood: false },
  { policy: "Never", own: rules("NotIn", [0]), exitCode: 0, forGood: true },
];

function rules(operator: string, values: number[]): Partial<V1Container> {
  return {
    restartPolicy: "Never",
    restartPolicyRules: [{ action: "Restart", exitCodes: { operator, values } }],
  };
}

for (const { policy, own = {}, exitCode, forGood } of ends) {
  const said = `restartPolicy ${policy}, its own ${JSON.stringify(own)}`;
  Deno.test(`podView, ended with ${exitCode}, ${said}: ${forGood ? "for good" : "comes again"}`, () => {
    const spec = {
      containers: [{ name: "c", ...own }],
      ...(policy === undefined ? {} : { restartPolicy: policy }),
    };
    const status = {
      name: "c",
      ready: false,
      restartCount: 0,
      image: "",
      imageID: "",
      state: { terminated: { exitCode } },
    };
    assert.equal(
      onlyContainer({ ...fresh, spec, status: { containerStatuses: [status] } })?.endedForGood,
      forGood,
    );
  });
}

const users = [
  { it: "nothing said", pod: {}, container: {}, runAsUser: undefined, runAsNonRoot: false },
  {
    it: "the pod's",
    pod: { runAsUser: 7, runAsNonRoot: true },
    container: {},
    runAsUser: 7,
    runAsNonRoot: true,
  },
  {
    it: "the container's before the pod's",
    pod: { runAsUser: 7, runAsNonRoot: true },
    container: { runAsUser: 0, runAsNonRoot: false },
    runAsUser: 0,
    runAsNonRoot: false,
  },
];

for (const { it, pod, container, runAsUser, runAsNonRoot } of users) {
  Deno.test(`podView, user: ${it}`, () => {
    const spec = { securityContext: pod, containers: [{ name: "c", securityContext: container }] };
    const view = onlyContainer({ ...fresh, spec });
    assert.deepEqual([view?.runAsUser, view?.runAsNonRoot], [runAsUser, runAsNonRoot]);
  });
}
