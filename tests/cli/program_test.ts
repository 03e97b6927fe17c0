// What does the command line make of flags, variables and mistakes: values, messages, exit statuses.
import assert from "node:assert/strict";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../lib/cli/show/list.ts";
import {
  connectionOptions,
  flagOf,
  logOptions,
  membershipOptions,
  runOptions,
  type SettingsOf,
} from "../../lib/cli/settings/options.ts";
import type { CommandSpec } from "../../lib/cli/program.ts";
import { runCommand } from "../../lib/cli/run/run.ts";
import { versionCommand } from "../../lib/cli/show/version.ts";
import { runOn } from "./test_host.ts";

const options = { ...connectionOptions, ...membershipOptions, ...runOptions, ...logOptions };

const product = [runCommand, listCommand, inspectCommand, versionCommand];

/** A command that only tells what it was given. */
function probe(seen: (settings: SettingsOf<typeof options>) => void): CommandSpec<typeof options> {
  return {
    name: "probe",
    summary: "tells what it was given",
    options,
    action: ({ settings }) => {
      seen(settings);
      return Promise.resolve(0);
    },
  };
}

const values: readonly {
  readonly it: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly key: keyof typeof options;
  readonly value: unknown;
}[] = [
  { it: "a fallback is used when nothing is said", key: "selector", value: "vxlan.travelping.com=true" },
  { it: "a variable is used", env: { KVC_SELECTOR: "a=b" }, key: "selector", value: "a=b" },
  {
    it: "a flag wins over a variable",
    args: ["--selector", "c=d"],
    env: { KVC_SELECTOR: "a=b" },
    key: "selector",
    value: "c=d",
  },
  { it: "an empty variable is not said", env: { KVC_TOKEN_FILE: "" }, key: "tokenFile", value: undefined },
  { it: "a switch is on by its flag", args: ["--restrict-pods"], key: "restrictPods", value: true },
  {
    it: "a switch is on by its variable",
    env: { KVC_RESTRICT_PODS: "true" },
    key: "restrictPods",
    value: true,
  },
  {
    it: "a switch is off by its variable",
    env: { KVC_RESTRICT_PODS: "false" },
    key: "restrictPods",
    value: false,
  },
  { it: "a number is a number", args: ["--max-exec-rate", "7"], key: "maxExecRate", value: 7 },
  {
    it: "a list is a list",
    args: ["--watch-namespaces", "a, b,"],
    key: "watchNamespaces",
    value: ["a", "b"],
  },
  {
    it: "an address is read",
    args: ["--http-address", "127.0.0.1:0"],
    key: "httpAddress",
    value: { kind: "listen", hostname: "127.0.0.1", port: 0 },
  },
  {
    it: "the names of the later upstream can be set",
    args: ["--annotation", "vxlan.openvnf.org/networks"],
    key: "annotation",
    value: "vxlan.openvnf.org/networks",
  },
];

for (const { it, args = [], env = {}, key, value } of values) {
  Deno.test(`command line: ${it}`, async () => {
    let seen: SettingsOf<typeof options> | undefined;
    const outcome = await runOn([probe((settings) => seen = settings)], { args: ["probe", ...args], env });
    assert.equal(outcome.status, 0, outcome.complained);
    assert.deepEqual(seen?.[key], value);
  });
}

const mistakes: readonly {
  readonly it: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly says: RegExp;
}[] = [
  { it: "an unknown command", args: ["rn"], status: 2, says: /unknown command 'rn'/ },
  {
    it: "an unknown flag",
    args: ["run", "--selctor", "a"],
    status: 2,
    says: /unknown option '--selctor'[\s\S]*--selector/,
  },
  { it: "a flag without its value", args: ["run", "--selector"], status: 2, says: /argument missing/ },
  {
    it: "a value that is no choice",
    args: ["run", "--log-level", "loud"],
    status: 2,
    says: /Cannot use --log-level="loud": expected one of debug, info, warn, error/,
  },
  {
    it: "a variable that is no choice",
    args: ["run"],
    env: { KVC_LOG_FORMAT: "xml" },
    status: 2,
    says: /Cannot use KVC_LOG_FORMAT="xml": expected one of text, json/,
  },
  {
    it: "a server that is no URL",
    args: ["run", "--server", "here"],
    status: 2,
    says: /Cannot use --server="here": expected a URL/,
  },
  {
    it: "a server with credentials",
    args: ["run", "--server", "https://u:p@h"],
    status: 2,
    says: /credentials in the URL are not supported; use --token-file/,
  },
  {
    it: "an annotation that is no key",
    args: ["run", "--annotation", "a b"],
    status: 2,
    says: /expected an annotation key/,
  },
  {
    it: "an address to serve that is none",
    args: ["run", "--http-address", "x"],
    status: 2,
    says: /--http-address="x"/,
  },
  {
    it: "a switch that is neither",
    args: ["run"],
    env: { KVC_RESTRICT_PODS: "maybe" },
    status: 2,
    says: /expected true or false/,
  },
  {
    it: "a list of nothing",
    args: ["list", "cats"],
    status: 2,
    says: /Cannot list "cats": expected pods, networks or addresses/,
  },
  {
    it: "no configuration at all says what was tried",
    args: ["run"],
    status: 3,
    says: /--server and --kubeconfig are not set; KUBECONFIG is not set; not in a pod/,
  },
  { it: "a kubeconfig that is not there", args: ["run", "--kubeconfig", "/no"], status: 3, says: /\/no/ },
];

for (const { it, args, env = {}, status, says } of mistakes) {
  Deno.test(`command line: ${it}`, async () => {
    const outcome = await runOn(product, { args, env });
    assert.equal(outcome.status, status);
    assert.match(outcome.complained, says);
    assert.equal(outcome.printed, "");
  });
}

Deno.test("command line: version and help go to stdout with status 0", async () => {
  assert.match(
    (await runOn(product, { args: ["version"] })).printed,
    /^kube-vxlan-controller \d+\.\d+\.\d+$/,
  );
  const help = await runOn(product, { args: ["run", "--help"] });
  assert.equal(help.status, 0);
  for (const key of Object.keys(options)) {
    assert.ok(help.printed.includes(`--${flagOf(key)}`), `help of run names --${flagOf(key)}`);
  }
});
