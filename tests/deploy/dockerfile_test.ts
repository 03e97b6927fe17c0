// Has the program the same permissions wherever it is compiled, and enough of them to read its settings?
import assert from "node:assert/strict";
import { dockerfile, permissionFlags, permissionFlagsOf } from "../cluster/images/dockerfile.ts";

const root = new URL("../../", import.meta.url);

Deno.test("the image's permission flags are the narrow ones", async () => {
  const flags = permissionFlags(await Deno.readTextFile(dockerfile));
  const bare = flags.map((flag) => flag.split("=")[0]).sort();
  assert.deepEqual(bare, ["--allow-env", "--allow-net", "--allow-read", "--ignore-env", "--no-prompt"]);
  const read = flags.find((flag) => flag.startsWith("--allow-read"));
  assert.equal(read, "--allow-read=/var/run/secrets/kubernetes.io/serviceaccount");
  assert.ok(flags.includes("--ignore-env"), "without it the client library ends the program at import");
  assert.ok(!flags.includes("--allow-env"), "the environment is named, not given wholly");
});

const commandLines = [
  {
    it: "takes the flags of a command over several lines",
    text: "FROM x\nRUN deno compile \\\n  --no-prompt \\\n  --allow-env=A,B --output /p main.ts\n",
    flags: ["--no-prompt", "--allow-env=A,B"],
  },
  {
    it: "does not take a flag from a comment",
    text: "# RUN deno compile --allow-all\nRUN deno compile --allow-net m.ts",
    flags: ["--allow-net"],
  },
];
for (const { it, text, flags } of commandLines) {
  Deno.test(`permission flags: ${it}`, () => assert.deepEqual(permissionFlags(text), flags));
}

Deno.test("permission flags: two programs in a Dockerfile are one too many", () => {
  assert.throws(
    () => permissionFlags("RUN deno compile a.ts\nRUN deno compile b.ts"),
    /Cannot read the image's permission flags: 2 lines/,
  );
});

Deno.test("deno task compile gives the binary the image's permissions", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  assert.deepEqual(
    permissionFlagsOf(tasks.compile.command),
    permissionFlags(await Deno.readTextFile(dockerfile)),
  );
});

Deno.test("the image may read every variable that the program asks for by name in a cluster", async () => {
  const flags = permissionFlags(await Deno.readTextFile(dockerfile));
  const named =
    flags.find((flag) => flag.startsWith("--allow-env="))?.slice("--allow-env=".length).split(",") ?? [];
  // A workstation's: there is no kubeconfig in the image.
  const elsewhere = ["KUBECONFIG", "HOME", "USERPROFILE"];
  const asked = await variablesAskedFor(new URL("lib/", root));
  assert.ok(asked.length > 0, "the program asks for variables");
  assert.deepEqual(asked.filter((name) => !named.includes(name) && !elsewhere.includes(name)), []);
  assert.ok(named.includes("KVC_*"), "all settings");
});

/** Names that stand in the source as `env("NAME")`. The settings' are computed from their flags. */
async function variablesAskedFor(directory: URL): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const entry of Deno.readDir(directory)) {
    if (entry.isDirectory) {
      for (const name of await variablesAskedFor(new URL(`${entry.name}/`, directory))) found.add(name);
      continue;
    }
    const text = await Deno.readTextFile(new URL(entry.name, directory));
    for (const match of text.matchAll(/\benv\("([A-Z_]+)"\)/g)) if (match[1]) found.add(match[1]);
  }
  return [...found].sort();
}
