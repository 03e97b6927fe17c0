// What do shells offer: commands, flags, choices, pods and networks; and does a real bash take it?
import assert from "node:assert/strict";
import { completeCommand, completionCommand } from "../../../lib/cli/completion/completion.ts";
import { checkCommand } from "../../../lib/cli/check/check.ts";
import { graphCommand } from "../../../lib/cli/show/graph.ts";
import { inspectCommand } from "../../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { findProgram } from "../../sandbox/namespaces/programs.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage } from "../../stories/stage.ts";
import { startStub } from "../../kube/api/stub_server.ts";
import { runOn } from "../test_host.ts";

const commands = [listCommand, inspectCommand, checkCommand, graphCommand, completionCommand];

Deno.test("completion: words, flags, choices, and names from the cluster", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101", east: "id=102" });
  stage.pod({ name: "a1", networks: "west" });
  stage.pod({ name: "b1", networks: "east" });
  for (const name of ["a1", "b1"]) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ name }, { what: "has its pod IP", holds });
  }
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const [command = "", ...more] = words;
    const isAsking = words.length > 1 && !["nobody", "completion"].includes(command);
    const flags = isAsking ? ["--server", stage.sandbox.server.url] : [];
    const args = ["__complete", "--", command, ...flags, ...more];
    const { status, printed } = await runOn([completeCommand(commands)], { args });
    assert.equal(status, 0);
    return printed === "" ? [] : printed.split("\n");
  };
  const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[""], ["list", "inspect", "check", "graph", "completion"]],
    [["l"], ["list"]],
    [["list", ""], ["pods", "networks", "addresses"]],
    [["list", "addresses", "w"], ["west"]],
    [["list", "pods", "-o", ""], ["table", "wide", "json", "yaml", "name"]],
    [["graph", "--output", "m"], ["mermaid"]],
    [["list", "--no-"], ["--no-headers"]],
    [["inspect", "default/a"], ["default/a1"]],
    [["inspect", "-n", "default", ""], ["a1", "b1"]],
    [["inspect", "--namespace=default", "b"], ["b1"]],
    [["inspect", "-n", "other", ""], []],
    [["inspect", "-n", "default", "a1", "b"], ["b1"]],
    [["inspect", "--namespace", "=", "default", "b"], ["b1"]],
    [["inspect", "-o=json", "-n", "default", "a"], ["a1"]],
    [["check", "network", ""], ["east", "west"]],
    [["graph", "w"], ["west"]],
    [["nobody", ""], []],
    [["completion", "f"], ["fish"]],
  ];
  for (const [words, expected] of rows) assert.deepEqual(await complete(...words), expected, words.join(" "));
});

Deno.test("completion: names that mean something to a shell or a terminal are left out", async () => {
  const pods = ["a1", "$(touch x)", "`x`", "*", "a b", "a;b", "\x1b[2Ja", "a'b"].map((name) => ({
    metadata: {
      name,
      namespace: "default",
      uid: name,
      resourceVersion: "1",
      labels: { "vxlan.travelping.com": "true" },
      annotations: { "vxlan.travelping.com/networks": "one id=1" },
    },
    spec: { containers: [] },
    status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] },
  }));
  await using server = startStub(({ url }) =>
    Response.json({ metadata: { resourceVersion: "1" }, items: url.includes("/pods") ? pods : [] })
  );
  const args = ["__complete", "--", "inspect", "--server", server.url, ""];
  const { printed, complained } = await runOn([completeCommand(commands)], { args });
  assert.deepEqual([printed, complained], ["default/a1", ""]);
});

Deno.test("completion: a cluster that does not answer leaves the shell in peace", async () => {
  const args = ["__complete", "--", "inspect", "--server", "http://127.0.0.1:1", ""];
  const { status, printed, complained } = await runOn([completeCommand(commands)], { args });
  assert.deepEqual([status, printed, complained], [0, "", ""]);
});

/** Stands for the program: prints what it was asked, so that it comes back as a candidate. */
const stand = `prog() { printf '%s\\n' "$@"; }`;

const shells: readonly {
  readonly shell: string;
  readonly needs: string;
  readonly lines: (script: string) => string;
}[] = [
  {
    shell: "bash",
    needs: "bash",
    lines: (script) =>
      `${stand}\n${script}\nCOMP_WORDS=(prog list "")\nCOMP_CWORD=2\n_prog\nprintf '<%s>' "\${COMPREPLY[@]}"`,
  },
  {
    // Its line editor runs in a terminal only: what the function adds is taken where it adds it.
    shell: "zsh",
    needs: "zsh",
    lines: (script) =>
      `autoload -U compinit; compinit -u -D\n${stand}\n${script}\n` +
      `compadd() { shift; printf '<%s>' "$@" }\nwords=(prog list ""); CURRENT=3\n_prog\n` +
      `[[ $_comps[prog] = _prog ]] || printf 'not registered'`,
  },
  {
    shell: "fish",
    needs: "fish",
    lines: (script) =>
      `function prog; printf '%s\\n' $argv; end\n${script}\nfor one in (complete -C "prog list "); printf '<%s>' $one; end`,
  },
];

for (const { shell, needs, lines } of shells) {
  const found = await findProgram(needs);
  Deno.test({
    name: `completion: a real ${shell} asks the program${found === undefined ? ` (needs ${needs})` : ""}`,
    ignore: found === undefined,
    fn: async () => {
      const { printed } = await runOn([completionCommand], { args: ["completion", shell, "prog"] });
      const home = await Deno.makeTempDir({ prefix: "kvc-shell-" });
      try {
        const { stdout, stderr } = await new Deno.Command(found ?? "", {
          args: ["-c", lines(printed)],
          env: { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, TERM: "xterm" },
        }).output();
        const shown = new TextDecoder().decode(stdout);
        const asked = [...shown.matchAll(/<([^>]*)>/g)].map(([, word]) => word);
        assert.deepEqual(
          asked.filter((word) => word !== "").sort(),
          ["--", "__complete", "list"],
          shown + new TextDecoder().decode(stderr),
        );
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    },
  });
}
