// Are flags read as people write them who know kubectl, and is nothing else touched?
import assert from "node:assert/strict";
import { readHabits } from "../../../lib/cli/settings/habits.ts";
import { commands } from "../../../main.ts";
import { runOn } from "../test_host.ts";

const rows: readonly {
  readonly it: string;
  readonly given: string;
  readonly args: string;
  readonly switches?: Readonly<Record<string, string>>;
}[] = [
  { it: "nothing", given: "", args: "" },
  { it: "as they are", given: "list pods -n lab -o json a", args: "list pods -n lab -o json a" },
  { it: "a letter and =", given: "list pods -o=json -n=lab", args: "list pods -o json -n lab" },
  { it: "a value with =", given: "list pods -l=app=x", args: "list pods -l app=x" },
  { it: "a word and =", given: "list pods --output=json", args: "list pods --output=json" },
  { it: "together", given: "list pods -Aojson -nlab", args: "list pods -Aojson -nlab" },
  {
    it: "switches with a text",
    given: "list pods -A=true --watch=false --no-headers=1",
    args: "list pods",
    switches: { allNamespaces: "true", watch: "false", noHeaders: "1" },
  },
  { it: "a switch that is none", given: "list pods --sort=true", args: "list pods --sort=true" },
  { it: "before the command", given: "-n lab -A list pods", args: "list -n lab -A pods" },
  { it: "before it, with =", given: "--context=x -o=name list pods", args: "list --context=x -o name pods" },
  { it: "a value that is called like a command", given: "-n list list pods", args: "list -n list pods" },
  { it: "behind --", given: "list pods -- -o=json --watch=true", args: "list pods -- -o=json --watch=true" },
  { it: "what a shell completes", given: "__complete -- list -o=", args: "__complete -- list -o=" },
  { it: "no command", given: "-n lab", args: "-n lab" },
  { it: "another command", given: "help list", args: "help list" },
  { it: "a flag of another command", given: "version -o=json", args: "version -o=json" },
];

Deno.test("flags as people write them", async (t) => {
  for (const { it, given, args, switches = {} } of rows) {
    await t.step(it, () => {
      const words = given.split(" ").filter((word) => word !== "");
      const read = readHabits(words, commands);
      assert.equal(read.args.join(" "), args);
      assert.deepEqual(Object.fromEntries(read.switches), switches);
    });
  }
});

Deno.test("a switch that is switched off wins over its variable, and takes nothing else", async () => {
  const env = { KVC_CLASSIC: "true" };
  const input =
    'kind: Pod\nmetadata: {name: a, annotations: {vxlan.travelping.com/networks: "n id=1"}}\nspec: {}\n';
  const by = (...args: readonly string[]): ReturnType<typeof runOn> =>
    runOn(commands, { args: ["inject", ...args], env, input });
  assert.match((await by()).printed, /agent-init/);
  assert.doesNotMatch((await by("--classic=false")).printed, /agent-init/);
  for (const text of ["maybe", ""]) {
    const { status, complained } = await by(`--classic=${text}`);
    assert.equal(status, 2);
    assert.equal(complained, `error: Cannot use --classic="${text}": expected true or false`);
  }
});
