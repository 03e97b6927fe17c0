// What commands that only look can be told: as people know it from kubectl.
import {
  anyText,
  extraFields,
  headerValue,
  headerValues,
  namespaceName,
  oneOf,
  requestTime,
} from "../settings/values.ts";
import { connectionOptions, membershipOptions, type OptionTable } from "../settings/options.ts";

/** Who asks, and how patiently: all commands that speak to an API server have these, but for `run`. */
export const callerOptions = {
  requestTimeout: {
    variable: "none",
    value: "TIME",
    description:
      "time for one request: 30s, 1m, or a number of seconds; 0 is no limit (default: what each request allows itself)",
    parse: requestTime,
  },
  as: {
    variable: "none",
    value: "USER",
    description:
      "user or service account to act as, for lists, watches and execs (default: that of the kubeconfig's user)",
    parse: headerValue,
  },
  asGroup: {
    variable: "none",
    value: "GROUP",
    repeated: true,
    description: "group to act as, beside a user; may be given several times",
    parse: headerValues,
  },
  asUid: { variable: "none", value: "UID", description: "uid to act as, beside a user", parse: headerValue },
  asUserExtra: {
    variable: "none",
    value: "KEY=VALUE",
    repeated: true,
    description: "extra field to act with, beside a user; may be given several times",
    parse: extraFields,
  },
} as const satisfies OptionTable;

const { namespace: _ofConfigMap, ...membership } = membershipOptions;

/** Every command that looks has these. What narrows what is shown has no variable: it is said for one command. */
export const viewOptions = {
  ...connectionOptions,
  ...callerOptions,
  ...membership,
  configNamespace: {
    value: "NAME",
    variable: "KVC_NAMESPACE",
    description: "namespace of the ConfigMap (default: the controller's own in a cluster, else kube-system)",
    parse: namespaceName,
  },
  namespace: {
    short: "n",
    variable: "none",
    value: "NAME",
    description:
      "namespace of the pods (default: that of the kubeconfig's context; without a kubeconfig, all)",
    parse: namespaceName,
  },
  allNamespaces: { short: "A", variable: "none", description: "pods of all namespaces" },
} as const satisfies OptionTable;

export const watchOption = {
  short: "w",
  variable: "none",
  description: "go on, and print what changes",
} as const;

/** Which of them, for lists. */
export const listOptions = {
  ...viewOptions,
  labels: {
    short: "l",
    variable: "none",
    value: "SELECTOR",
    description: "only pods that match this label selector too",
    parse: anyText,
  },
  watch: watchOption,
  noHeaders: { variable: "none", description: "leave the heads of the columns out" },
} as const satisfies OptionTable;

const formats = ["table", "wide", "json", "yaml", "name"] as const;

/** How a list is printed. */
export type ListFormat = (typeof formats)[number];

export const listOutput = {
  short: "o",
  variable: "none",
  value: "FORMAT",
  description: "how it is printed",
  fallback: "table",
  choices: formats,
  parse: oneOf(formats),
} as const;

const valueFormats = ["text", "json", "yaml"] as const;

/** How one thing is printed. */
export const valueOutput = {
  short: "o",
  variable: "none",
  value: "FORMAT",
  description: "how it is printed",
  fallback: "text",
  choices: valueFormats,
  parse: oneOf(valueFormats),
} as const;
