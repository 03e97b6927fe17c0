// Do the policies of deploy/validation and the program judge the same texts alike? Each row through both.
import { noClusterNetworks, readClusterNetworks } from "../../../lib/network/cluster_networks.ts";
import { parseAnnotation } from "../../../lib/network/grammar/annotation.ts";
import type { OptionName } from "../../../lib/network/grammar/option_table.ts";
import { resolveNetworks } from "../../../lib/network/resolve.ts";
import { defined } from "../../../lib/text/defined.ts";
import type { ApiRequest, Json } from "../../contract/api_under_test.ts";
import { clusterCases, malformed, wellFormed } from "../../network/grammar/annotation_test.ts";
import { cases } from "../../network/grammar/option_table_test.ts";

/** The ConfigMap of the test, beside which annotations are judged. `noid` gives none. */
export const networks: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["vxeth0", "vxeth1", "vxeth2", "n", "west", "east", "up", "id"].map((name, at) => [name, `id=${at + 1}`]),
  ),
  noid: "dev=eth0",
};

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const annotationKey = "vxlan.travelping.com/networks";

/** A text, and what the program says is wrong with it: messages without place. */
export interface JudgedRow {
  readonly it: string;
  /** Of a row about one option's value. */
  readonly option?: OptionName;
  readonly problems: readonly string[];
  /** A dry run that creates or changes the object with the text. */
  readonly request: ApiRequest;
}

interface Text {
  readonly it: string;
  readonly text: string;
  readonly option?: OptionName;
}

/** Rows of the grammar's own tests, and some about networks that there are not. */
export function judgedRows(namespace: string): readonly JudgedRow[] {
  const podTexts: readonly Text[] = [
    ...wellFormed,
    ...malformed,
    ...cases.map(({ option, it, text }) => ({
      it: `${option}: ${it}`,
      text: `vxeth0 ${option}=${text}`,
      option,
    })),
    { it: "a network that there is not", text: "vxeth0, lost" },
    { it: "a network of its own", text: "own id=77" },
    { it: "a network whose key gives no id", text: "noid" },
  ];
  const clusterTexts: readonly Text[] = [
    ...clusterCases,
    ...cases.map(({ option, it, text }) => ({
      it: `${option}: ${it}`,
      text: `${option === "id" ? "" : "id=5 "}${option}=${text}`,
      option,
    })),
  ];
  return [
    ...podTexts.map(({ it, text, option }) => ({
      ...defined({ option }),
      it: `annotation: ${it}`,
      problems: podProblems(text, namespace),
      request: podRequest(text, namespace),
    })),
    ...clusterTexts.map(({ it, text, option }) => ({
      ...defined({ option }),
      it: `ConfigMap: ${it}`,
      problems: clusterProblems(text),
      request: configMapRequest(text),
    })),
  ];
}

function podProblems(text: string, namespace: string): readonly string[] {
  const source = { kind: "annotation", key: annotationKey, namespace, pod: "judged" } as const;
  const cluster = readClusterNetworks(networks, { previous: noClusterNetworks, configMap });
  const { entries, problems, complete } = parseAnnotation(text, source);
  const context = {
    cluster,
    source,
    namespace,
    configMap,
    restrictPods: false,
    complete,
    lastGood: new Map(),
  };
  return [...problems, ...resolveNetworks(entries, context).problems].map(({ message }) => message);
}

function clusterProblems(text: string): readonly string[] {
  const read = readClusterNetworks({ vxeth0: text }, { previous: noClusterNetworks, configMap });
  return read.problems.map(({ message }) => message);
}

function podRequest(text: string, namespace: string): ApiRequest {
  return {
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
    body: judgedPod(text),
  };
}

/** A pod with the label and such an annotation. */
export function judgedPod(text: string): Json {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "judged",
      labels: { "vxlan.travelping.com": "true" },
      annotations: { [annotationKey]: text },
    },
    spec: { containers: [{ name: "app", image: "app" }] },
  };
}

function configMapRequest(text: string): ApiRequest {
  return {
    method: "PATCH",
    path: `/api/v1/namespaces/kube-system/configmaps/${configMap.name}?dryRun=All`,
    contentType: "application/merge-patch+json",
    body: { data: { vxeth0: text } },
  };
}
