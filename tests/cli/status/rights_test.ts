// Is what a controller's account lacks asked for where that controller works, and never taken for nothing lacking?
import assert from "node:assert/strict";
import { controllerRights } from "../../../lib/cli/status/rights.ts";
import { ApiError } from "../../../lib/kube/api/client.ts";
import { isRecord, recordAt } from "../../../lib/text/json.ts";

const names = {
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  leaseName: "kube-vxlan-controller",
  poolsPrefix: "kube-vxlan-controller-pool",
};

interface Asked {
  readonly user: string;
  readonly what: string;
}

/** Answers reviews: refuses what `refuses` matches. */
function reviewer(
  refuses: RegExp,
): { readonly asked: Asked[]; readonly json: (o: { readonly body?: unknown }) => Promise<unknown> } {
  const asked: Asked[] = [];
  const json = ({ body }: { readonly body?: unknown }): Promise<unknown> => {
    const spec = recordAt(body, "spec");
    const { verb, group, resource, subresource, namespace, name } = recordAt(spec, "resourceAttributes");
    const what = [verb, group, resource, subresource, namespace, name].filter((one) => one !== undefined)
      .join(" ");
    asked.push({ user: String(spec["user"]), what });
    return Promise.resolve({ status: { allowed: !refuses.test(what) } });
  };
  return { asked, json };
}

function pod({ env = {}, args = ["run"], account = "kube-vxlan-controller" }: {
  readonly env?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  readonly account?: string;
}): Readonly<Record<string, unknown>> {
  const variables = Object.entries(env).map(([name, value]) =>
    isRecord(value) ? { name, ...value } : { name, value }
  );
  return {
    metadata: { namespace: "kube-system", name: "controller-x" },
    spec: { serviceAccountName: account, containers: [{ args, env: variables }] },
  };
}

const rows: readonly {
  readonly name: string;
  readonly pod: Parameters<typeof pod>[0];
  readonly refuses: RegExp;
  readonly refused: readonly string[];
  readonly notAsked?: RegExp;
}[] = [
  { name: "all that it needs", pod: { env: { KVC_LEADER_ELECTION: "true" } }, refuses: /never/, refused: [] },
  {
    name: "no exec: both verbs are named",
    pod: {},
    refuses: /exec/,
    refused: ["get pods/exec in all namespaces", "create pods/exec in all namespaces"],
    notAsked: /leases/,
  },
  {
    name: "in some namespaces only, by its variable",
    pod: { env: { KVC_WATCH_NAMESPACES: "one,two" } },
    refuses: /list pods two/,
    refused: ["list pods in two"],
    notAsked: /^list pods$/,
  },
  {
    name: "in its own namespace",
    pod: { env: { KVC_WATCH_NAMESPACES: { valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } } } },
    refuses: /watch pods kube-system/,
    refused: ["watch pods in kube-system"],
  },
  {
    name: "by a flag, and it writes Events only",
    pod: { args: ["run", "--watch-namespaces=one", "--status", "events"] },
    refuses: /events|status/,
    refused: ["create events in one", "patch events in one"],
    notAsked: /pods status/,
  },
  {
    name: "without an election there is no Lease",
    pod: { env: { KVC_LEADER_ELECTION: "false" } },
    refuses: /leases/,
    refused: [],
    notAsked: /leases/,
  },
  {
    name: "the Lease and the pools",
    pod: { args: ["run", "--leader-election"] },
    refuses: /update/,
    refused: [
      "update ConfigMap kube-system/kube-vxlan-controller-pool-0",
      "update Lease kube-system/kube-vxlan-controller",
    ],
  },
];

for (const row of rows) {
  Deno.test(`rights of a controller: ${row.name}`, async () => {
    const { asked, json } = reviewer(row.refuses);
    const found = await controllerRights([pod(row.pod), pod(row.pod)], {
      client: { json },
      deadline: 1,
      names,
    });
    assert.deepEqual(found, {
      accounts: [{ account: "kube-system/kube-vxlan-controller", refused: row.refused }],
      unsought: [],
    });
    assert.ok(asked.every(({ user }) => user === "system:serviceaccount:kube-system:kube-vxlan-controller"));
    assert.ok(asked.length > 0 && !asked.some(({ what }) => row.notAsked?.test(what)));
  });
}

Deno.test("rights of a controller: who may not ask is told what he may do, and it is nothing that is wrong", async () => {
  const refusal = new ApiError(
    { kind: "status", status: 403, reason: "Forbidden", message: "no" },
    "Cannot ask what the controller's account may do: HTTP 403",
  );
  const client = { json: () => Promise.reject(refusal) };
  const found = await controllerRights([pod({})], { client, deadline: 1, names });
  assert.equal(found.accounts.length, 0);
  assert.match(found.unsought.join(), /^the controller's rights: Cannot ask .* 403; .*subjectaccessreviews/);
  const broken = { json: () => Promise.reject(new Error("reset")) };
  await assert.rejects(controllerRights([pod({})], { client: broken, deadline: 1, names }), /reset/);
});
