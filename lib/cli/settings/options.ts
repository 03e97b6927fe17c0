// What can be set, by which flag and which environment variable: one table for the parser, the help and the documents.
import { defaultMaxMembers } from "../../controller/store/member_limit.ts";
import type { Parsed } from "../../network/grammar/parsed.ts";
import { defaultMaxNetworks } from "../../network/resolve.ts";
import { logFormats, logLevels } from "../../ops/log.ts";
import {
  annotationKey,
  anyText,
  count,
  httpAddress,
  interval,
  listenAddress,
  namespaceList,
  namespaceName,
  objectName,
  oneOf,
  serverUrl,
} from "./values.ts";

/** One setting. Key `tokenFile` is flag `--token-file` and variable `KVC_TOKEN_FILE`. The flag wins. */
export type OptionRow = Switch | ValueRow<unknown>;

/** How a setting is said, where the key alone does not tell. */
interface Spelling {
  /** A letter: `o` for `-o`. */
  readonly short?: string;
  /** Another environment variable than that of the key; `none`: what is said once for a single command has none. */
  readonly variable?: string;
}

/** On or off; off when nothing is said. */
export interface Switch extends Spelling {
  readonly description: string;
  readonly value?: never;
}

/** A setting with a value. */
export interface ValueRow<Value> extends Spelling {
  readonly description: string;
  /** Shown after the flag in the help. With `...` behind it, it may be given several times; `parse` gets lines. */
  readonly value: string;
  /** May be given several times, one value each; `parse` gets lines. */
  readonly repeated?: true;
  /** Read when neither flag nor variable is given. */
  readonly fallback?: string;
  readonly choices?: readonly string[];
  readonly parse: (text: string) => Parsed<Value>;
}

/** Settings by key. */
export type OptionTable = Readonly<Record<string, OptionRow>>;

/** What a command gets: a value for each row; undefined where neither was said nor a fallback stands. */
export type SettingsOf<Table extends OptionTable> = {
  readonly [Key in keyof Table]: Table[Key] extends ValueRow<infer Value>
    ? Table[Key] extends { readonly fallback: string } ? Value : Value | undefined
    : boolean;
};

/** How to reach the API server: every command has these. */
export const connectionOptions = {
  kubeconfig: { value: "FILE", description: "kubeconfig to use", parse: anyText },
  context: { value: "NAME", description: "context of the kubeconfig", parse: anyText },
  server: { value: "URL", description: "API server to talk to, without a kubeconfig", parse: serverUrl },
  caCertFile: { value: "FILE", description: "certificate authority of --server (PEM)", parse: anyText },
  token: { value: "TOKEN", description: "bearer token for --server", parse: anyText },
  tokenFile: {
    value: "FILE",
    description: "file with the bearer token for --server, read again when it changes",
    parse: anyText,
  },
} as const satisfies OptionTable;

/** What makes a pod a member: every command that judges pods has these. */
export const membershipOptions = {
  namespace: {
    value: "NAME",
    description: "namespace of the ConfigMap (default: the controller's own in a cluster, else kube-system)",
    parse: namespaceName,
  },
  namespaceFile: { value: "FILE", description: "file that holds that namespace", parse: anyText },
  configmapName: {
    value: "NAME",
    description: "ConfigMap with the networks' options",
    fallback: "kube-vxlan-controller",
    parse: objectName,
  },
  poolsName: {
    value: "NAME",
    description:
      "ConfigMaps with the addresses that were given: NAME-0 to NAME-15 (default: ConfigMap's name and -pool)",
    parse: objectName,
  },
  selector: {
    value: "SELECTOR",
    description: "label selector of members",
    fallback: "vxlan.travelping.com=true",
    parse: anyText,
  },
  annotation: {
    value: "KEY",
    description: "annotation that names a pod's networks",
    fallback: "vxlan.travelping.com/networks",
    parse: annotationKey,
  },
  agentContainerName: {
    value: "NAME",
    description: "name of the sidecar agent (or native sidecar)",
    fallback: "vxlan-controller-agent",
    parse: objectName,
  },
  agentInitContainerName: {
    value: "NAME",
    description: "name of the init agent",
    fallback: "vxlan-controller-agent-init",
    parse: objectName,
  },
  watchNamespaces: {
    value: "LIST",
    description: "namespaces whose pods are watched, separated by commas (default: all)",
    parse: namespaceList,
  },
  restrictPods: {
    description: "forbid id, dev and peer in annotations, and networks that the ConfigMap does not name",
  },
  maxNetworksPerPod: {
    value: "NUMBER",
    description: "networks one pod may have",
    fallback: String(defaultMaxNetworks),
    parse: count,
  },
  maxMembersPerNetwork: {
    value: "NUMBER",
    description: "members one network may have; warns at a tenth of it",
    fallback: String(defaultMaxMembers),
    parse: count,
  },
} as const satisfies OptionTable;

/** How it speaks. */
export const logOptions = {
  logLevel: {
    value: "LEVEL",
    description: "least important lines to write",
    fallback: "info",
    choices: logLevels,
    parse: oneOf(logLevels),
  },
  logFormat: {
    value: "FORMAT",
    description: "text for people, json for machines",
    fallback: "text",
    choices: logFormats,
    parse: oneOf(logFormats),
  },
} as const satisfies OptionTable;

/** Whether replicas take turns, and on which Lease. */
export const leaseOptions = {
  leaseName: {
    value: "NAME",
    description: "Lease of the leader election, in the namespace of the ConfigMap",
    fallback: "kube-vxlan-controller",
    parse: objectName,
  },
} as const satisfies OptionTable;

const statusParts = ["all", "events", "off"] as const;

/** What `run` has beside all that. */
export const runOptions = {
  httpAddress: {
    value: "ADDRESS",
    description: "where /healthz, /readyz, /metrics and /probes are served; off for nowhere",
    fallback: ":9090",
    parse: httpAddress,
  },
  interfaceInfo: {
    value: "NUMBER",
    description:
      "interfaces at most for which /metrics has a series with pod, interface, network and VNI (default: none)",
    parse: count,
  },
  maxExecRate: {
    value: "NUMBER",
    description: "execs a second into all pods together, after a burst of as many",
    fallback: "200",
    parse: count,
  },
  status: {
    value: "PARTS",
    description: "what is written on pods: events, or with all a condition and an annotation too",
    fallback: "all",
    choices: statusParts,
    parse: oneOf(statusParts),
  },
  probeInterval: {
    value: "TIME",
    description: "how often ten members by chance probe three of their peers each; off for never",
    fallback: "off",
    parse: interval,
  },
  names: {
    description:
      "give headless Services that name a network the overlay addresses of its members; needs deploy/names",
  },
  leaderElection: {
    description: "run beside other replicas: only the holder of the Lease changes pods",
  },
  ...leaseOptions,
  web: { description: "serve a page that shows networks and members, and follows them" },
  webAddress: {
    value: "ADDRESS",
    description:
      "where that page is served; it has no password, so another than this machine's own is a risk",
    fallback: "127.0.0.1:9091",
    parse: listenAddress,
  },
} as const satisfies OptionTable;

/** What `uninstall` has beside what it needs to see members. */
export const uninstallOptions = {
  clean: {
    description: "remove our interfaces, condition and annotation from all members, instead of naming them",
  },
} as const satisfies OptionTable;

/** The flag of a key, without its dashes. */
export function flagOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable of a setting; undefined for one that has none. */
export function variableOf(key: string, { variable }: OptionRow): string | undefined {
  return variable === "none"
    ? undefined
    : variable ?? `KVC_${flagOf(key).toUpperCase().replaceAll("-", "_")}`;
}
