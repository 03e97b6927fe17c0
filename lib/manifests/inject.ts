// How does the agent get into manifests of workloads that ask for networks? What has one already stays as it is.
import { isMap, isSeq, type YAMLMap } from "yaml";
import { isRecord } from "../text/json.ts";
import { ownNode } from "./anchors.ts";
import { type ManifestDocument, nodeOf } from "./documents.ts";
import { type Rewritten, rewritten } from "./rewrite.ts";
import { ownTemplate, type PodTemplate, podTemplate, setText, textsIn } from "./templates.ts";

/** Names, and the form of the agent. */
export interface InjectSettings {
  readonly annotation: string;
  /** The label that members have: added where only the annotation stands. */
  readonly label: { readonly key: string; readonly value: string };
  readonly image: string;
  readonly agent: string;
  readonly initAgent: string;
  /** The pair of the seed instead of a native sidecar: for Kubernetes older than 1.29. */
  readonly classic: boolean;
}

/** Where a native sidecar of ours says that the networks are there. */
const readyPort = 18472;

/** Adds the agent to every template with the annotation. Twice is as once. Throws a NotYaml when a document cannot be read. */
export function inject(text: string, settings: InjectSettings): Rewritten {
  return rewritten(text, (source) => {
    const notes = source.objects.map(podTemplate).flatMap((template) =>
      template === undefined ? [] : injectInto(template, { ...settings, source })
    );
    const outcome = notes.includes("changed") ? "changed" : "same";
    return { outcome, notes: notes.filter((note) => note !== "changed") };
  });
}

function injectInto(
  template: PodTemplate,
  settings: InjectSettings & { readonly source: ManifestDocument },
): readonly string[] {
  const { annotation, label, source } = settings;
  const { value, object } = template;
  if (textsIn(value, "metadata", "annotations")[annotation] === undefined || !isRecord(value.spec)) return [];
  if (value.spec.hostNetwork === true) {
    return [
      `${object.title}: Cannot add the agent: the pod is in the host's network, which cannot be a member`,
    ];
  }
  const isLabelled = textsIn(value, "metadata", "labels")[label.key] !== undefined;
  const names = [value.spec.initContainers, value.spec.containers].flatMap((list) =>
    Array.isArray(list) ? list.filter(isRecord).map(({ name }) => name) : []
  );
  const hasAgent = names.includes(settings.agent) || names.includes(settings.initAgent);
  if (hasAgent && isLabelled) return [];
  const { node } = ownTemplate(template);
  if (!isLabelled) setText(node, { path: ["metadata", "labels"], ...label, document: source.document });
  const { document } = source;
  // What comes by a merge key (<<) is written out where it is changed.
  if (!node.has("spec")) node.set("spec", nodeOf(value.spec, document));
  const spec = ownNode(node, { key: "spec", document });
  if (!hasAgent && isMap(spec)) addAgent(spec, { ...settings, source, value: value.spec });
  return ["changed"];
}

/** First, so that every other container finds the interfaces. */
function addAgent(
  spec: YAMLMap,
  { classic, agent, initAgent, image, source, value }: InjectSettings & {
    readonly source: ManifestDocument;
    readonly value: Readonly<Record<string, unknown>>;
  },
): void {
  const { document } = source;
  const put = (list: string, container: object): void => {
    const known = ownNode(spec, { key: list, document });
    const merged = Array.isArray(value[list]) ? value[list] : [];
    if (isSeq(known)) known.items.unshift(nodeOf(container, document));
    else spec.set(list, nodeOf([container, ...merged], document));
  };
  const bare = { image, imagePullPolicy: "IfNotPresent", securityContext: security };
  if (classic) {
    put("initContainers", { name: initAgent, ...bare });
    put("containers", { name: agent, ...bare });
    return;
  }
  put("initContainers", {
    name: agent,
    ...bare,
    args: [`--ready-http-port=${readyPort}`],
    restartPolicy: "Always",
    startupProbe: {
      httpGet: { port: readyPort },
      periodSeconds: 1,
      timeoutSeconds: 60,
      failureThreshold: 31_536_000,
    },
    resources: { requests: { cpu: "10m", memory: "16Mi" } },
  });
}

/** As the admission policy puts it in. */
const security = {
  runAsUser: 0,
  runAsNonRoot: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
  seccompProfile: { type: "RuntimeDefault" },
};
