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

/** What a controller is told, and so its policies. */
export interface Names {
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly annotation: string;
  /** Label and value. */
  readonly label: readonly [string, string];
  readonly restrictPods: boolean;
}

/** As the manifests have them. */
export const usualNames: Names = {
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  annotation: "vxlan.travelping.com/networks",
  label: ["vxlan.travelping.com", "true"],
  restrictPods: false,
};

/** A text, and what the program says is wrong with it: messages without place. */
export interface JudgedRow {
  readonly it: string;
  readonly text: string;
  /** Of a row about one option's value. */
  readonly option?: OptionName;
  readonly problems: readonly string[];
  /** A dry run that creates or changes the object with the text. */
  readonly request: ApiRequest;
}

/** What none of the grammar's tables has, in the forms in which an expression may err. */
const more: readonly { readonly it: string; readonly text: string }[] = [
  { it: "64 networks with an address each, the last one wrong", text: `${many(63)}, vxeth0 id=0145` },
  { it: "64 networks with an address each", text: many(64) },
];

/** `n0 id=100 ip=10.0.0.1/24, n1 …` */
function many(count: number): string {
  const all = Array.from({ length: count }, (_, at) => `n${at} id=${100 + at} ip=10.${at}.0.1/24`);
  return all.join(", ");
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
    ...more,
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
    ...podTexts.map((text) => podRow(text, { ...usualNames, namespace })),
    ...clusterTexts.map(({ it, text, option }) => ({
      ...defined({ option }),
      it: `ConfigMap: ${it}`,
      text,
      problems: clusterProblems(text),
      request: configMapRequest(text),
    })),
  ];
}

/** Annotations of pods that a controller with such names serves; most of them well formed. */
export function rowsFor(names: Names, namespace: string): readonly JudgedRow[] {
  const texts: readonly Text[] = [
    ...wellFormed,
    { it: "an id of its own", text: "vxeth0 id=77" },
    { it: "the id that the ConfigMap gives", text: "vxeth0 id=1" },
    { it: "a device", text: "vxeth1, vxeth0 dev=net1" },
    { it: "a VTEP outside", text: "vxeth0 peer=203.0.113.7" },
    { it: "an id that cannot be read", text: "vxeth0 id=x" },
    { it: "a network that there is not", text: "vxeth0, lost" },
    { it: "a network of its own", text: "own id=77" },
    { it: "a network whose key gives no id", text: "noid" },
    { it: "an id where the key gives none", text: "noid id=77" },
    { it: "what it may say", text: "vxeth0 ip=10.0.0.1/24 mtu=1400 name=net1 mac=02:00:00:00:00:01" },
  ];
  return texts.map((text) => podRow(text, { ...names, namespace }));
}

type Place = Names & { readonly namespace: string };

function podRow({ it, text, option }: Text, place: Place): JudgedRow {
  const { namespace } = place;
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  return {
    ...defined({ option }),
    it: `annotation: ${it}`,
    text,
    problems: podProblems(text, place),
    request: { method: "POST", path, body: judgedPod(text, place) },
  };
}

function podProblems(
  text: string,
  { namespace, annotation, configMap, restrictPods }: Place,
): readonly string[] {
  const source = { kind: "annotation", key: annotation, namespace, pod: "judged" } as const;
  const cluster = readClusterNetworks(networks, { previous: noClusterNetworks, configMap });
  const { entries, problems, complete } = parseAnnotation(text, source);
  const context = {
    cluster,
    source,
    namespace,
    configMap,
    restrictPods,
    complete,
    lastGood: new Map(),
  };
  return [...problems, ...resolveNetworks(entries, context).problems].map(({ message }) => message);
}

function clusterProblems(text: string): readonly string[] {
  const { configMap } = usualNames;
  const read = readClusterNetworks({ vxeth0: text }, { previous: noClusterNetworks, configMap });
  return read.problems.map(({ message }) => message);
}

/** A pod with the label and such an annotation. */
export function judgedPod(text: string, { annotation, label: [label, value] }: Names = usualNames): Json {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "judged",
      labels: { [label]: value },
      annotations: { [annotation]: text },
    },
    spec: { containers: [{ name: "app", image: "app" }] },
  };
}

function configMapRequest(text: string): ApiRequest {
  const { configMap } = usualNames;
  return {
    method: "PATCH",
    path: `/api/v1/namespaces/kube-system/configmaps/${configMap.name}?dryRun=All`,
    contentType: "application/merge-patch+json",
    body: { data: { vxeth0: text } },
  };
}
