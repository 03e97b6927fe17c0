// Does the release workflow hold together: pinned actions, one placeholder, commands that exist, machines of the table?
import assert from "node:assert/strict";
import { parse } from "yaml";
import { isPlaceholder, registryOf } from "../../scripts/release/registry.ts";

const root = new URL("../../", import.meta.url);
const workflows = [".github/workflows/ci.yml", ".github/workflows/release.yml"];
const release = await text(".github/workflows/release.yml");

Deno.test("every action is one commit everywhere, with its version behind it", async () => {
  const commits = new Map<string, Set<string>>();
  for (const path of workflows) {
    for (const [line, action = "", rest = ""] of (await text(path)).matchAll(/uses: ([^@\s]+)(.*)$/gm)) {
      if (action.startsWith("./")) continue;
      assert.match(rest, /^@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, line);
      commits.set(action, (commits.get(action) ?? new Set()).add(rest));
    }
  }
  assert.ok(commits.size > 3);
  for (const [action, rests] of commits) {
    assert.equal(rests.size, 1, `${action} has ${[...rests].join(" and ")}`);
  }
});

Deno.test("the registry is named in one place", async () => {
  const registry = registryOf(release);
  const places: string[] = [];
  for await (const path of files("")) {
    const times = (await text(path)).split(registry).length - 1;
    if (times > 0) places.push(...Array<string>(times).fill(path));
  }
  assert.deepEqual(places, [".github/workflows/release.yml"]);
});

Deno.test("README says that there is no release while the registry is a placeholder, and not afterwards", async () => {
  const says = /no release yet, and the registry in the release workflow is a placeholder/.test(
    await text("README.md"),
  );
  assert.equal(says, isPlaceholder(registryOf(release)));
});

Deno.test("what the workflow asks of the release program, it can do", async () => {
  const known = [...(await text("scripts/release/release.ts")).matchAll(/^ {2}case "([a-z-]+)":/gm)].map((
    [, name],
  ) => name);
  const asked = [...release.matchAll(/release\.ts ([a-z-]+)/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(asked)].sort(), [...known].sort());
});

Deno.test("nothing is published before tests, start and images of every platform", () => {
  const { jobs } = parse(release);
  assert.deepEqual(jobs.publish.needs, ["plan", "tests", "start", "images"]);
  for (const [name, job] of Object.entries<{ readonly permissions?: object }>(jobs)) {
    if (name !== "publish") {
      assert.ok(!JSON.stringify(job.permissions).includes("write"), `${name} may write`);
    }
  }
});

async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(new URL(folder || ".", root))) {
    if ([".git", "dist", "coverage", "node_modules"].includes(name)) continue;
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (isFile) yield folder + name;
  }
}

async function text(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, root));
}
