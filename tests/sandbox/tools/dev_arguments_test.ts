// Is a real cluster used only when it is named, and is everything else refused?
import assert from "node:assert/strict";
import { readDevArguments } from "./dev_arguments.ts";

const cases = [
  { it: "nothing: the sandbox", args: [], is: { kind: "target", target: { kind: "sandbox" } } },
  {
    it: "a context",
    args: ["--context", "prod"],
    is: { kind: "target", target: { kind: "cluster", context: "prod" } },
  },
  {
    it: "a context of a kubeconfig",
    args: ["--context=prod", "--kubeconfig", "file"],
    is: { kind: "target", target: { kind: "cluster", context: "prod", kubeconfig: "file" } },
  },
  {
    it: "a kubeconfig alone",
    args: ["--kubeconfig", "file"],
    is: {
      kind: "say",
      text: "Cannot use --kubeconfig without --context: name the cluster that is meant",
      status: 2,
    },
  },
  {
    it: "an empty context",
    args: ["--context", ""],
    is: { kind: "say", text: 'Cannot use --context "": a context has a name', status: 2 },
  },
  {
    it: "a context without its name",
    args: ["--context"],
    is: { kind: "say", text: "error: option '--context <NAME>' argument missing", status: 2 },
  },
  {
    it: "an unknown option",
    args: ["--contxt", "prod"],
    is: { kind: "say", text: "error: unknown option '--contxt'\n(Did you mean --context?)", status: 2 },
  },
  {
    it: "a word too many",
    args: ["prod"],
    is: {
      kind: "say",
      text: "error: too many arguments. Expected 0 arguments but got 1: prod.",
      status: 2,
    },
  },
];

for (const { it, args, is } of cases) {
  Deno.test(`dev: ${it}`, () => assert.deepEqual(readDevArguments(args), is));
}

Deno.test("dev: --help exits with 0", () => {
  const said = readDevArguments(["--help"]);
  assert.ok(said.kind === "say" && said.status === 0 && said.text.includes("--context <NAME>"));
});
