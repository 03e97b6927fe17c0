// Which number a pod has, and whether its name comes back: one row for each kind of workload.
import assert from "node:assert/strict";
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { type Numbered, numbered } from "../../lib/member/ordinal.ts";

const owner = (kind: string): Pick<V1ObjectMeta, "ownerReferences"> => ({
  ownerReferences: [{ apiVersion: "x/v1", kind, name: "x", uid: "u", controller: true }],
});

const rows: readonly { readonly it: string; readonly metadata: V1ObjectMeta; readonly gives: Numbered }[] = [
  {
    it: "a StatefulSet's label",
    metadata: { name: "db-2", labels: { "apps.kubernetes.io/pod-index": "7" }, ...owner("StatefulSet") },
    gives: { ordinal: 7, nameReturns: true },
  },
  {
    it: "a StatefulSet whose ordinals begin at 5: the number is Kubernetes'",
    metadata: { name: "db-5", labels: { "apps.kubernetes.io/pod-index": "5" }, ...owner("StatefulSet") },
    gives: { ordinal: 5, nameReturns: true },
  },
  {
    it: "a StatefulSet of an old cluster whose name ends in digits without a dash",
    metadata: { name: "db7", ...owner("StatefulSet") },
    gives: { nameReturns: true },
  },
  {
    it: "a Job's pod without an index",
    metadata: { name: "job-4-9", ...owner("Job") },
    gives: {},
  },
  {
    it: "a DaemonSet's pod that ends in digits",
    metadata: { name: "agent-12345", ...owner("DaemonSet") },
    gives: {},
  },
  {
    it: "a StatefulSet of an old cluster: the name's end",
    metadata: { name: "db-1-12", ...owner("StatefulSet") },
    gives: { ordinal: 12, nameReturns: true },
  },
  {
    it: "a label that is no number: the name's end",
    metadata: { name: "db-3", labels: { "apps.kubernetes.io/pod-index": "0x3" }, ...owner("StatefulSet") },
    gives: { ordinal: 3, nameReturns: true },
  },
  {
    it: "a Deployment's pod that ends in a number",
    metadata: { name: "web-5", ...owner("ReplicaSet") },
    gives: {},
  },
  { it: "a bare pod", metadata: { name: "db-0" }, gives: {} },
  {
    it: "one that only refers to a StatefulSet",
    metadata: {
      name: "db-0",
      ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "u" }],
    },
    gives: {},
  },
  {
    it: "an Indexed Job's label",
    metadata: {
      name: "job-4-x7f2p",
      labels: { "batch.kubernetes.io/job-completion-index": "4" },
      ...owner("Job"),
    },
    gives: { ordinal: 4 },
  },
  {
    it: "an Indexed Job's annotation",
    metadata: {
      name: "job-0-x7f2p",
      annotations: { "batch.kubernetes.io/job-completion-index": "0" },
      ...owner("Job"),
    },
    gives: { ordinal: 0 },
  },
  {
    it: "a number that is none",
    metadata: { name: "x", labels: { "apps.kubernetes.io/pod-index": "99999999999" } },
    gives: {},
  },
];

for (const { it, metadata, gives } of rows) {
  Deno.test(`numbered: ${it}`, () => assert.deepEqual(numbered(metadata), gives));
}
