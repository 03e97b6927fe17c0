// What can be set, by which flag and which environment variable: one table for the parser, the help and the README.
import { statusAnnotation } from "../../member/current_status.ts";
import { readHttpAddress } from "../../ops/http_address.ts";
import { maxAnnotationKeyLength } from "../../overlay/wanted.ts";

/** One setting. Flag `--token-file` is environment variable `KVC_TOKEN_FILE`. The flag wins. */
export interface OptionRow {
  readonly flag: string;
  /** Shown after the flag in the help; absent for a switch. */
  readonly value?: string;
  readonly description: string;
  /** Used when neither flag nor variable is given. */
  readonly fallback?: string;
  /** Allowed values. */
  readonly choices?: readonly string[];
  /** Rejects a value by giving the reason. */
  readonly check?: (value: string) => string | undefined;
}

/** How to reach the API server: every command has these. */
export const connectionOptions: readonly OptionRow[] = [
  { flag: "kubeconfig", value: "FILE", description: "kubeconfig to use" },
  { flag: "context", value: "NAME", description: "context of the kubeconfig" },
  {
    flag: "server",
    value: "URL",
    description: "API server to talk to, without a kubeconfig",
    check: checkUrl,
  },
  { flag: "ca-cert-file", value: "FILE", description: "certificate authority of --server (PEM)" },
  { flag: "token", value: "TOKEN", description: "bearer token for --server" },
  {
    flag: "token-file",
    value: "FILE",
    description: "file with the bearer token for --server, read again when it changes",
  },
];

/** What makes a pod a member: every command that judges pods has these. */
export const membershipOptions: readonly OptionRow[] = [
  {
    flag: "namespace",
    value: "NAME",
    description: "namespace of the ConfigMap (default: the controller's own in a cluster, else kube-system)",
    check: checkNamespace,
  },
  { flag: "namespace-file", value: "FILE", description: "file that holds that namespace" },
  {
    flag: "configmap-name",
    value: "NAME",
    description: "ConfigMap with the networks' options",
    fallback: "kube-vxlan-controller",
    check: checkObjectName,
  },
  {
    flag: "selector",
    value: "SELECTOR",
    description: "label selector of members",
    fallback: "vxlan.travelping.com=true",
  },
  {
    flag: "annotation",
    value: "KEY",
    description: "annotation that names a pod's networks",
    fallback: "vxlan.travelping.com/networks",
    check: checkAnnotationKey,
  },
  {
    flag: "agent-container-name",
    value: "NAME",
    description: "name of the sidecar agent (or native sidecar)",
    fallback: "vxlan-controller-agent",
    check: checkObjectName,
  },
  {
    flag: "agent-init-container-name",
    value: "NAME",
    description: "name of the init agent",
    fallback: "vxlan-controller-agent-init",
    check: checkObjectName,
  },
  {
    flag: "watch-namespaces",
    value: "LIST",
    description: "namespaces whose pods are watched, separated by commas (default: all)",
    check: checkNamespaceList,
  },
  {
    flag: "restrict-pods",
    description: "forbid id and dev in annotations, and networks that the ConfigMap does not name",
  },
  {
    flag: "max-networks-per-pod",
    value: "NUMBER",
    description: "networks one pod may have",
    fallback: "64",
    check: checkCount,
  },
  {
    flag: "max-members-per-network",
    value: "NUMBER",
    description: "members one network may have; warns at a tenth of it",
    fallback: "5000",
    check: checkCount,
  },
];

/** How it speaks. */
export const logOptions: readonly OptionRow[] = [
  {
    flag: "log-level",
    value: "LEVEL",
    description: "least important lines to write",
    fallback: "info",
    choices: ["debug", "info", "warn", "error"],
  },
  {
    flag: "log-format",
    value: "FORMAT",
    description: "text for people, json for machines",
    fallback: "text",
    choices: ["text", "json"],
  },
];

/** What `run` has beside all that. */
export const runOptions: readonly OptionRow[] = [
  {
    flag: "http-address",
    value: "ADDRESS",
    description: "where /healthz, /readyz and /metrics are served; off for nowhere",
    fallback: ":9090",
    check: checkHttpAddress,
  },
  {
    flag: "max-exec-rate",
    value: "NUMBER",
    description: "execs a second into all pods together, after a burst of as many",
    fallback: "200",
    check: checkCount,
  },
  {
    flag: "status",
    value: "PARTS",
    description: "what is written on pods: events, or with all a condition and an annotation too",
    fallback: "all",
    choices: ["all", "events", "off"],
  },
  {
    flag: "leader-election",
    description: "run beside other replicas: only the holder of the Lease changes pods",
  },
  {
    flag: "lease-name",
    value: "NAME",
    description: "Lease of the leader election, in the namespace of the ConfigMap",
    fallback: "kube-vxlan-controller",
    check: checkObjectName,
  },
];

/** What `uninstall` has beside what it needs to see members. */
export const uninstallOptions: readonly OptionRow[] = [
  {
    flag: "clean",
    description: "remove our interfaces, condition and annotation from all members, instead of naming them",
  },
];

/** The environment variable of a flag. */
export function variableOf(flag: string): string {
  return `KVC_${flag.toUpperCase().replaceAll("-", "_")}`;
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const annotationKey =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

function checkUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return "expected a URL such as https://10.0.0.1:6443";
  const { protocol, username, password, search, hash } = new URL(value);
  if (protocol !== "https:" && protocol !== "http:") return "expected https:// or http://";
  if (username !== "" || password !== "") return "credentials in the URL are not supported; use --token-file";
  return search === "" && hash === "" ? undefined : "expected a URL without query and fragment";
}

function checkNamespace(value: string): string | undefined {
  return dnsLabel.test(value)
    ? undefined
    : "expected a namespace name: lower-case letters, digits and -, at most 63";
}

function checkNamespaceList(value: string): string | undefined {
  const bad = splitList(value).find((name) => !dnsLabel.test(name));
  return bad === undefined ? undefined : `"${bad}" is no namespace name`;
}

function checkObjectName(value: string): string | undefined {
  return objectName.test(value) ? undefined : "expected lower-case letters, digits, - and .";
}

function checkAnnotationKey(value: string): string | undefined {
  if (value === statusAnnotation(value)) return "this annotation is where the controller writes";
  if (value.length > maxAnnotationKeyLength) return `expected at most ${maxAnnotationKeyLength} characters`;
  return annotationKey.test(value)
    ? undefined
    : "expected an annotation key such as vxlan.travelping.com/networks";
}

function checkCount(value: string): string | undefined {
  return /^[1-9][0-9]{0,5}$/.test(value) ? undefined : "expected a whole number from 1 to 999999";
}

function checkHttpAddress(value: string): string | undefined {
  const read = readHttpAddress(value);
  return "expected" in read ? `expected ${read.expected}` : undefined;
}

/** `a, b,` → `a`, `b`. */
export function splitList(value: string): readonly string[] {
  return value.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
