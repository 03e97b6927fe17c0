// What would the controller say of a pod of this template, and of this Service? It is asked, with what it would see.
import type { V1Pod } from "@kubernetes/client-node";
import type { Judged } from "../../manifests/lint.ts";
import { type PodTemplate, textsIn } from "../../manifests/templates.ts";
import { conditionType, ownKey } from "../../member/current_status.ts";
import { type Membership, membership, type MembershipSettings } from "../../member/member.ts";
import { podView } from "../../member/pod.ts";
import { nameRequest, portProblems, serviceView } from "../../names/service.ts";
import { noClusterNetworks, readClusterNetworks } from "../../network/cluster_networks.ts";
import type { Problem } from "../../network/problem.ts";
import { isRecord } from "../../text/json.ts";

/** Of both families, so that no network lacks one; documentation addresses, which cover nobody. */
const podIPs = [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }];

/**
 * Problems and warnings of the first pod of the template, and of the last where pods have numbers. Without a ConfigMap no
 * network is unknown.
 */
export function judgePod(
  template: PodTemplate,
  { data, settings }: {
    readonly data: Readonly<Record<string, string>> | undefined;
    readonly settings: MembershipSettings;
  },
): readonly Judged[] {
  const cluster = data === undefined
    ? noClusterNetworks
    : readClusterNetworks(data, { previous: noClusterNetworks, configMap: settings.configMap });
  const judge = (pod: V1Pod): Membership => membership(podView(pod, settings), { settings, cluster });
  const [first, last] = numbersOf(template);
  const pod = podOf(template, first);
  // A pod that is refused for its containers has an annotation too, and its author wants to hear of both.
  const asks = (each: V1Pod): readonly Problem[] =>
    problemsOf(judge({ ...each, spec: agentsOnly(settings) })).filter(({ source, kind }) =>
      source.kind === "annotation" && !(kind === "unknown-network" && data === undefined)
    );
  const asked = asks(pod);
  // Who has grown out of its subnet; all else is wrong with the first one already.
  const grown = last === first || asked.length > 0 ? [] : asks(podOf(template, last));
  const found = judge(pod);
  const ofPod = problemsOf(found).filter(({ source }) => source.kind === "pod");
  const warnings = found.kind === "member" ? found.member.warnings : [];
  return [
    ...[...asked, ...grown, ...ofPod].map((problem): Judged => ({ problem, severity: severityOf(problem) })),
    ...warnings.map((problem): Judged => ({ problem, severity: "warning" })),
  ];
}

function problemsOf(judged: Membership): readonly Problem[] {
  switch (judged.kind) {
    case "none":
    case "pending":
      return [];
    case "refused":
      return judged.problems;
    case "member":
      return judged.member.problems;
    default:
      return judged satisfies never;
  }
}

/** Containers with which nothing is wrong. */
function agentsOnly({ agent, initAgent }: MembershipSettings): NonNullable<V1Pod["spec"]> {
  const container = (name: string): NonNullable<V1Pod["spec"]>["containers"][number] => ({
    name,
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  });
  return { initContainers: [container(initAgent)], containers: [container(agent)] };
}

/** The agent may be put in later: by `inject`, or by the admission policy. */
function severityOf({ kind }: Problem): Judged["severity"] {
  return kind === "agent-missing" ? "warning" : "error";
}

/** What a Service that asks for names is told. */
export function judgeService(service: unknown, annotation: string): readonly string[] {
  const keys = {
    network: ownKey(annotation, "network"),
    selector: ownKey(annotation, "selector"),
    networks: annotation,
    condition: conditionType(annotation),
  };
  const named = { ...Object(service), metadata: { namespace: "default", ...Object(service).metadata } };
  if (textsIn(named, "metadata").name === undefined) return [];
  const view = serviceView(named, keys);
  const request = nameRequest(view, keys);
  if (request.kind === "none") return [];
  return [...request.kind === "wanted" ? [] : [request.problem], ...portProblems(view)].map(({ note }) =>
    note
  );
}

/** Of the first pod and the last one. */
function numbersOf({ object: { value: { spec } } }: PodTemplate): readonly [first: number, last: number] {
  if (!isRecord(spec)) return [0, 0];
  const count = (value: unknown): number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
  const first = isRecord(spec.ordinals) ? count(spec.ordinals.start) : 0;
  return [first, first + Math.max(1, count(spec.replicas), count(spec.completions)) - 1];
}

/** As its controller would make it: a StatefulSet or Indexed Job numbers its pods. */
function podOf({ object: { kind, value: owner }, value }: PodTemplate, number: number): V1Pod {
  const { name = "pod", namespace = "default" } = textsIn(owner, "metadata");
  const metadata = isRecord(value.metadata) ? value.metadata : {};
  const isIndexed = isRecord(owner.spec) && owner.spec.completionMode === "Indexed";
  const annotations = {
    ...textsIn(value, "metadata", "annotations"),
    ...(isIndexed && { "batch.kubernetes.io/job-completion-index": String(number) }),
  };
  // The shape is the API's; podView reads it without trusting that fields are there.
  return {
    metadata: {
      ...metadata,
      uid: "lint",
      namespace,
      name: kind === "StatefulSet" ? `${name}-${number}` : name,
      annotations,
      ...(kind !== "Pod" && { ownerReferences: [{ kind, name, uid: "lint", controller: true }] }),
    },
    spec: value.spec,
    status: { podIPs },
  } as unknown as V1Pod;
}
