// What a pod should show: condition, annotation and Events for every kind of report, as tables.
import assert from "node:assert/strict";
import { podCondition } from "../../lib/status/pod_condition.ts";
import { networkStatus } from "../../lib/status/network_status.ts";
import { podStatus, statusDifference, type WantedStatus } from "../../lib/status/pod_status.ts";
import type { PodReport } from "../../lib/report/report.ts";
import { eventsOf } from "../../lib/status/events.ts";
import { removalPatch, statusPatch } from "../../lib/status/status_patch.ts";
import { digestOf } from "../../lib/text/digest.ts";
import { cutBytes } from "../../lib/text/printable.ts";
import type { ProblemKind } from "../../lib/network/problem.ts";
import { conditionType, digestOfCondition, statusAnnotation } from "../../lib/member/current_status.ts";
import { failing, former, problem, ready, sharing, state, unseen, waiting } from "./sample_reports.ts";

const conditions: readonly {
  readonly it: string;
  readonly report: PodReport;
  readonly before?: string;
  readonly says: readonly [status: string, reason: string, message: string];
}[] = [
  {
    it: "all networks hold",
    report: ready("a", [state("east", 102), state("west", 101)]),
    says: ["True", "NetworksReady", "networks ready: east, west"],
  },
  {
    it: "no networks are asked for",
    report: ready("a", []),
    says: ["True", "NetworksReady", "no networks are asked for"],
  },
  {
    it: "a problem, with where it stands",
    report: failing("a", problem("unknown-network", { message: "Cannot give it" })),
    says: ["False", "UnknownNetwork", "Cannot give it"],
  },
  {
    it: "two problems: the first gives the reason, the message has both",
    report: failing("a", problem("setup-failed", { message: "x" }), problem("conflict", { message: "y" })),
    says: ["False", "SetupFailed", "x; y"],
  },
  {
    it: "a pod that was ready turns when its kernel says so",
    report: failing("a", problem("setup-failed")),
    before: "True",
    says: ["False", "SetupFailed", "Cannot: setup-failed"],
  },
  {
    it: "a pod that was ready stays so while nobody can look",
    report: unseen("a", problem("setup-failed")),
    before: "True",
    says: ["True", "SetupFailed", "Cannot: setup-failed"],
  },
  {
    it: "a pod that was ready stays so when its links cannot be read and its entries are right",
    report: { ...unseen("a", problem("setup-failed")), entriesMissing: 0, isHalfSeen: true },
    before: "True",
    says: ["True", "SetupFailed", "Cannot: setup-failed"],
  },
  {
    it: "and turns when entries are missing",
    report: { ...unseen("a", problem("setup-failed")), entriesMissing: 2, isHalfSeen: true },
    before: "True",
    says: ["False", "SetupFailed", "Cannot: setup-failed"],
  },
  {
    it: "a pod that was ready turns when its agent has ended for good: what it has grows old",
    report: unseen("a", problem("agent-missing")),
    before: "True",
    says: ["False", "AgentMissing", "Cannot: agent-missing"],
  },
  {
    it:
      "a pod that was ready turns when a network is closed to it, though nobody can look: its peers have dropped it",
    report: unseen("a", problem("forbidden"), problem("setup-failed")),
    before: "True",
    says: ["False", "InvalidOptions", "Cannot: forbidden; Cannot: setup-failed"],
  },
  {
    it: "a pod that never was ready is not while nobody can look",
    report: unseen("a", problem("setup-failed")),
    says: ["False", "SetupFailed", "Cannot: setup-failed"],
  },
  {
    it: "a shared address takes nothing away",
    report: sharing("a", "default/b"),
    says: ["True", "Conflict", "Cannot rely on it: also used by default/b"],
  },
];
for (const { it, report, before, says } of conditions) {
  Deno.test(`condition: ${it}`, () => {
    const { status, reason, message } = podCondition(report, before);
    assert.deepEqual([status, reason, message], says);
  });
}

const reasons: Readonly<Record<ProblemKind, string>> = {
  "invalid-option": "VxlanInvalidOptions",
  "forbidden": "VxlanInvalidOptions",
  "unknown-network": "VxlanUnknownNetwork",
  "agent-missing": "VxlanAgentMissing",
  "agent-unfit": "VxlanAgentUnfit",
  "setup-failed": "VxlanSetupFailed",
  "exhausted": "VxlanPoolExhausted",
  "unreachable": "VxlanUnreachable",
  "conflict": "VxlanConflict",
  "host-network": "VxlanHostNetwork",
};
for (const [kind, reason] of Object.entries(reasons) as [ProblemKind, string][]) {
  Deno.test(`event: ${kind} is ${reason}`, () => {
    assert.deepEqual(
      eventsOf(failing("a", problem(kind))).map(({ type, note, ...rest }) => [rest.reason, type, note]),
      [
        [reason, "Warning", `Cannot: ${kind}`],
      ],
    );
  });
}

const occasions: readonly {
  readonly it: string;
  readonly report: PodReport;
  readonly events: readonly string[];
}[] = [
  { it: "ready", report: ready("a"), events: ["VxlanReady: Networks are ready: west (VNI 101)"] },
  {
    it: "ready with a warning",
    report: { ...ready("a"), warnings: [problem("agent-missing")] },
    events: [
      "VxlanReady: Networks are ready: west (VNI 101)",
      "VxlanAgentMissing: Cannot: agent-missing",
    ],
  },
  {
    it: "problems of one reason are one Event, and reasons are sorted",
    report: failing("a", problem("unknown-network"), problem("invalid-option"), problem("forbidden")),
    events: [
      "VxlanInvalidOptions: Cannot: invalid-option; Cannot: forbidden",
      "VxlanUnknownNetwork: Cannot: unknown-network",
    ],
  },
  { it: "waiting", report: waiting("a"), events: [] },
  { it: "no member any more", report: former("a"), events: [] },
];
for (const { it, report, events } of occasions) {
  Deno.test(`events: ${it}`, () => {
    assert.deepEqual(eventsOf(report).map(({ reason, note }) => `${reason}: ${note}`), events);
  });
}

Deno.test("annotation: the list of the plumbing group, with our VNI and error", () => {
  const report = failing(
    "a",
    problem("unknown-network", { network: "east", message: "no id" }),
    problem("setup-failed", { network: "west", message: "refused" }),
  );
  assert.deepEqual(JSON.parse(networkStatus(report) ?? ""), [
    { name: "east", default: false, dns: {}, error: "no id" },
    {
      name: "west",
      interface: "west",
      ips: ["192.168.101.2"],
      mac: "02:00:00:00:00:01",
      mtu: 1450,
      default: false,
      dns: {},
      vni: 101,
      error: "refused",
    },
  ]);
});

Deno.test("annotation: nobody looked, nothing is said", () => {
  assert.equal(networkStatus(unseen("a", problem("setup-failed"))), undefined);
  assert.equal(networkStatus(ready("a", [])), "[]");
});

const kinds = [
  { it: "waiting", report: waiting("a"), kind: "keep" },
  { it: "former", report: former("a"), kind: "remove" },
  { it: "ready", report: ready("a"), kind: "show" },
  { it: "failing", report: failing("a", problem("conflict")), kind: "show" },
];
for (const { it, report, kind } of kinds) {
  Deno.test(`status of a pod that is ${it}: ${kind}`, () =>
    assert.equal(podStatus(report, undefined).kind, kind));
}

function wanted(report: PodReport, before?: string): WantedStatus {
  const status = podStatus(report, before);
  assert.ok(status.kind === "show");
  return status;
}

Deno.test("difference: what the pod shows already is not written", () => {
  const status = wanted(ready("a"));
  const shown = {
    ready: "True",
    condition: digestOfCondition(status.condition),
    annotation: digestOf(status.annotation ?? ""),
  };
  assert.equal(statusDifference(status, shown), undefined);
  const { annotation: _, ...bare } = shown;
  assert.deepEqual(statusDifference(status, bare), { transition: false, annotation: status.annotation });
  assert.deepEqual(statusDifference(status, { annotation: shown.annotation }), {
    condition: status.condition,
    transition: true,
  });
});

Deno.test("difference: that another member is named now is no news", () => {
  const [before, after] = [wanted(sharing("a", "default/b")), wanted(sharing("a", "default/c"))];
  const [, condition = ""] = before.sameConditions;
  const [, annotation = ""] = before.sameAnnotations;
  assert.equal(statusDifference(after, { ready: "True", condition, annotation }), undefined);
});

Deno.test("patch: one for the status subresource, bound to the uid; the time only when the status turns", () => {
  const now = new Date("2026-01-01T00:00:00.123Z");
  const about = { uid: "u", annotationKey: "vxlan.travelping.com/networks", now };
  const condition = { status: "True", reason: "R", message: "m" };
  assert.deepEqual(statusPatch({ condition, transition: true, annotation: "[]" }, about), {
    metadata: { uid: "u", annotations: { "vxlan.travelping.com/network-status": "[]" } },
    status: {
      conditions: [{
        type: "vxlan.travelping.com/Ready",
        ...condition,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      }],
    },
  });
  assert.deepEqual(statusPatch({ condition, transition: false }, about), {
    metadata: { uid: "u" },
    status: { conditions: [{ type: "vxlan.travelping.com/Ready", ...condition }] },
  });
  assert.deepEqual(statusPatch({ transition: false, annotation: "[]" }, about), {
    metadata: { uid: "u", annotations: { "vxlan.travelping.com/network-status": "[]" } },
  });
  assert.deepEqual(removalPatch(about), {
    metadata: { uid: "u", annotations: { "vxlan.travelping.com/network-status": null } },
    status: { conditions: [{ $patch: "delete", type: "vxlan.travelping.com/Ready" }] },
  });
});

Deno.test("names follow the annotation's domain; without one they do not become the kubelet's", () => {
  assert.equal(conditionType("vxlan.openvnf.org/networks"), "vxlan.openvnf.org/Ready");
  assert.equal(statusAnnotation("vxlan.openvnf.org/networks"), "vxlan.openvnf.org/network-status");
  assert.equal(conditionType("networks"), "vxlan.travelping.com/Ready");
});

const cuts = [
  { it: "short text stays", text: "abc", limit: 3, is: "abc" },
  { it: "long text ends in an ellipsis", text: "abcdef", limit: 5, is: "ab…" },
  { it: "no character is cut in half", text: "aéé€", limit: 6, is: "aé…" },
];
for (const { it, text, limit, is } of cuts) {
  Deno.test(`cut: ${it}`, () => {
    assert.equal(cutBytes(text, limit), is);
    assert.ok(new TextEncoder().encode(cutBytes(text, limit)).length <= limit);
  });
}

Deno.test("an Event's note has 1 kB at most, in bytes, whatever a pod's author wrote", () => {
  const long = problem("invalid-option", { message: "ü".repeat(4_000) });
  const [event] = eventsOf(failing("a", long));
  assert.ok(new TextEncoder().encode(event?.note).length <= 1024);
});

Deno.test("what an agent or a kernel says steers no terminal: condition, Events and annotation", () => {
  const message = "Cannot run ip: it says \u001b[2J\r\nok\u009b1m\u202e";
  const report = failing("a", problem("setup-failed", { message, network: "west" }));
  const { condition, annotation = "", events } = wanted(report);
  const texts = [condition.message, ...events.map(({ note }) => note), JSON.parse(annotation)[0].error];
  assert.equal(texts.length, 3);
  for (const text of texts) {
    assert.ok(text.endsWith("Cannot run ip: it says \\u{1b}[2J\\u{d}\\u{a}ok\\u{9b}1m\\u{202e}"), text);
  }
});
