// Is it told what others say of a pod that does not come up, and which pods could not even be made?
import assert from "node:assert/strict";
import { uncreatedPods, warningsAbout } from "../../../lib/cli/show/warnings.ts";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { annotationKey } from "../../member/member_pod.ts";

const refused =
  'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": must not include "NET_ADMIN"';
const quota =
  'pods "db-1" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2';

const event = (about: object, reason: string, message: string, at: string): object => ({
  ...{ reason, message, lastTimestamp: at, count: 3, reportingComponent: "kubelet" },
  involvedObject: about,
});

const owner = (kind: string, name: string): object => ({ kind, namespace: "lab", name, uid: `uid-${name}` });

const template = (key: string): object => ({ metadata: { annotations: { [key]: "vxeth0" } } });

/** What the API server has; anything else is not there. */
const objects: Readonly<Record<string, object>> = {
  "/apis/apps/v1/namespaces/lab/replicasets/web": {
    spec: { replicas: 1, template: template(annotationKey) },
    status: { replicas: 0 },
  },
  "/apis/apps/v1/namespaces/lab/statefulsets/db": {
    spec: { replicas: 3, template: template(annotationKey) },
    status: { replicas: 2 },
  },
  "/apis/apps/v1/namespaces/lab/replicasets/whole": {
    spec: { replicas: 1, template: template(annotationKey) },
    status: { replicas: 1 },
  },
  "/apis/apps/v1/namespaces/lab/replicasets/foreign": {
    spec: { replicas: 1, template: template("example.org/networks") },
  },
};

const failures = [
  event(owner("ReplicaSet", "web"), "FailedCreate", "an older one", "2026-11-27T04:00:00Z"),
  event(owner("ReplicaSet", "web"), "FailedCreate", refused, "2026-11-27T05:00:00Z"),
  event(owner("StatefulSet", "db"), "FailedCreate", quota, "2026-11-27T04:30:00Z"),
  event(owner("ReplicaSet", "whole"), "FailedCreate", quota, "2026-11-27T04:30:00Z"),
  event(owner("ReplicaSet", "foreign"), "FailedCreate", quota, "2026-11-27T04:30:00Z"),
  event(owner("ReplicaSet", "gone"), "FailedCreate", quota, "2026-11-27T04:30:00Z"),
  event(owner("Unknown", "odd"), "FailedCreate", quota, "2026-11-27T04:30:00Z"),
];

const aboutPod = [
  event({}, "VxlanSetupFailed", "ours", "2026-11-27T05:00:00Z"),
  event({}, "FailedMount", 'configmap "old" not found', "2026-11-27T04:00:00Z"),
  event({}, "FailedMount", 'configmap "x" not found', "2026-11-27T05:00:00Z"),
  event({}, "FailedCreatePodSandBox", "no address left", "2026-11-27T04:59:00Z"),
];

async function asking<T>(
  use: (means: { client: ReturnType<typeof createApiClient>; signal: AbortSignal }) => Promise<T>,
  { denied = false }: { readonly denied?: boolean } = {},
): Promise<T> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (denied) return Response.json({ kind: "Status", message: "no" }, { status: 403 });
    if (!pathname.endsWith("/events")) {
      const found = objects[pathname];
      return Response.json(found ?? { kind: "Status" }, { status: found === undefined ? 404 : 200 });
    }
    const asked = searchParams.get("fieldSelector");
    if (asked === "reason=FailedCreate") return Response.json({ items: failures });
    assert.equal(asked, "involvedObject.uid=u1,type=Warning");
    return Response.json({ items: aboutPod });
  });
  const connection = {
    source: { description: "the test" },
    server: `http://127.0.0.1:${server.addr.port}`,
    credentials: () => Promise.resolve({}),
  };
  const client = createApiClient(connection, { clock: systemClock });
  try {
    return await use({ client, signal: new AbortController().signal });
  } finally {
    client.close();
    await server.shutdown();
  }
}

Deno.test("warnings about a pod: the newest of each reason, and none of ours", async () => {
  const { found, unread } = await asking((means) => warningsAbout({ namespace: "lab", uid: "u1" }, means));
  assert.deepEqual(found, [
    'FailedMount (kubelet, 3 times): configmap "x" not found',
    "FailedCreatePodSandBox (kubelet, 3 times): no address left",
  ]);
  assert.deepEqual(unread, []);
});

Deno.test("pods that could not be made: of workloads that ask for networks and are short of pods, with the remedy", async () => {
  const { found } = await asking((means) => uncreatedPods({ ...means, namespace: undefined, annotationKey }));
  assert.deepEqual(found, [
    {
      namespace: "lab",
      owner: "ReplicaSet web",
      message:
        `${refused}; kubectl label namespace lab pod-security.kubernetes.io/enforce=privileged --overwrite`,
    },
    { namespace: "lab", owner: "StatefulSet db", message: quota },
  ]);
});

Deno.test("warnings that may not be read are said, and are no fault of the pod", async () => {
  const about = await asking(
    (means) => warningsAbout({ namespace: "lab", uid: "u1" }, means),
    { denied: true },
  );
  const made = await asking(
    (means) => uncreatedPods({ ...means, namespace: "lab", annotationKey }),
    { denied: true },
  );
  assert.match(about.unread.join(), /^warnings about the pod: Cannot list Events: .*403/);
  assert.match(made.unread.join(), /^pods that could not be made: Cannot list Events: .*403/);
});
