// Do the documents say what is so: files, links, tasks, options, commands, dependencies, messages, names of metrics?
import assert from "node:assert/strict";
import { commands } from "../../main.ts";
import { runOn } from "../cli/test_host.ts";
import { commandsPage, commandsText } from "./command_pages.ts";
import { exitStatus } from "../../lib/cli/host.ts";
import { listOptions, listOutput } from "../../lib/cli/show/view_options.ts";
import * as optionTables from "../../lib/cli/settings/options.ts";
import { flagOf, type OptionRow, variableOf } from "../../lib/cli/settings/options.ts";
import { conditionReasons } from "../../lib/member/current_status.ts";
import { conditionType, statusAnnotation } from "../../lib/member/current_status.ts";
import { counters, gauges, histograms } from "../../lib/ops/metric_catalogue.ts";
import config from "../../deno.json" with { type: "json" };
import { documents, root, text, userDocuments } from "./pages.ts";
import { versionPlaces } from "../../scripts/release/version_places.ts";
import { kubernetesVersion } from "../cluster/versions.ts";
import { anchors, codeBlocks, codeSpans, links, tableRows } from "./markdown.ts";

Deno.test("every link of the documents leads somewhere", async () => {
  const dead: string[] = [];
  for (const path of documents) {
    for (const link of links(await text(path)).filter((target) => !target.startsWith("https://"))) {
      const [file = "", anchor] = link.split("#");
      const target = file === ""
        ? path
        : new URL(file, new URL(path, root)).pathname.slice(root.pathname.length);
      if (!await exists(target)) dead.push(`${path}: ${link}`);
      else if (anchor !== undefined && !anchors(await text(target)).has(anchor)) {
        dead.push(`${path}: ${link}`);
      }
    }
  }
  assert.deepEqual(dead, []);
});

Deno.test("every file that the documents name exists", async () => {
  const missing: string[] = [];
  for (const path of documents) {
    const named = codeSpans(await text(path)).flatMap((span) => span.split(" ")).filter(isPath);
    for (const name of named) if (!await exists(name)) missing.push(`${path}: ${name}`);
  }
  assert.deepEqual(missing, []);
});

Deno.test("every task that the documents name is there, and CONTRIBUTING.md names all of them", async () => {
  const tasks = Object.keys(config.tasks).sort();
  for (const path of documents) {
    const code = [...codeSpans(await text(path)), ...codeBlocks(await text(path)).map((block) => block.text)];
    const named = code.flatMap((part) =>
      [...part.matchAll(/\btask ([a-z][a-z:]*)/g)].map(([, name]) => name)
    );
    assert.deepEqual(named.filter((name) => !tasks.includes(name ?? "")), [], path);
  }
  const rows = tableRows(await text("CONTRIBUTING.md"), "How to work here");
  assert.deepEqual(rows.map(([name]) => (name ?? "").replaceAll("`", "")).sort(), tasks);
});

Deno.test("every block of code says in which language it is", async () => {
  const wrong: string[] = [];
  for (const path of documents) {
    const unnamed = codeBlocks(await text(path)).filter(({ language }) => language === "");
    wrong.push(...unnamed.map((block) => `${path}: ${block.text.split("\n")[0]}`));
  }
  assert.deepEqual(wrong, []);
});

Deno.test("Deno has one version everywhere", async () => {
  const workflows = ["ci.yml", "release.yml"].map((name) => `.github/workflows/${name}`);
  const versions = new Set<string>();
  for (const path of [...documents, ...workflows, ".ci/run", "Dockerfile"]) {
    for (const [, version] of (await text(path)).matchAll(/\bdeno[@:](\d[\d.]*\d)/g)) {
      versions.add(version ?? "");
    }
  }
  assert.deepEqual([...versions], [Deno.version.deno]);
});

Deno.test("our version is that of deno.json everywhere", async () => {
  const places = await versionPlaces(root.pathname);
  assert.ok(places.length > 10);
  assert.deepEqual(places.filter(({ version }) => version !== config.version), []);
});

Deno.test("what is said to have been run is what the tests run", async () => {
  const cells = tableRows(await text("docs/support.md"), "What it runs on");
  const run = (what: string): string => cells.find(([name]) => name === what)?.[1] ?? "";
  assert.ok(run("Kubernetes").startsWith(`${kubernetesVersion}:`));
  assert.equal(run("Deno, to build and try"), Deno.version.deno);
});

Deno.test("the table of flags in docs/cli.md is the one of the program", async () => {
  const rows = tableRows(await text("docs/cli.md"), "Options").filter(([, variable]) => variable !== "");
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |"));
  const expected = allOptions().map(optionLine);
  assert.deepEqual([...lines].sort(), [...expected].sort(), `expected these rows:\n${expected.join("\n")}`);
});

Deno.test("docs/cli.md names every command and no other", async () => {
  const main = await text("main.ts");
  const list = /const commands = \[([^\]]*)\]/.exec(main)?.[1] ?? "";
  const commands = list.split(",").map((name) => name.trim().replace(/Command$/, "")).filter(Boolean);
  const rows = tableRows(await text("docs/cli.md"), "Command line");
  const named = rows.map(([cell]) => /^`([a-z]+)/.exec(cell ?? "")?.[1]).filter((name) => name !== undefined);
  assert.ok(commands.length > 3);
  assert.deepEqual([...new Set(named)].sort(), [...commands, "help"].sort());
});

Deno.test("docs/commands.md is what the program prints (else: deno task commands)", async () => {
  assert.equal(await text(commandsPage), await commandsText());
});

Deno.test("examples in the help can be called, and every command has some", async () => {
  const lines: string[] = [];
  for (const { name, examples = [] } of commands) {
    assert.ok(examples.length > 0 || ["version", "options"].includes(name), name);
    lines.push(...examples.map(({ line }) => line));
  }
  const inert = commands.map((spec) => ({ ...spec, action: () => Promise.resolve(0) }));
  for (const line of lines) {
    const calls = [...line.matchAll(/(?:^|\| |<\()kube-vxlan-controller ([^|>)]*)/g)];
    assert.ok(calls.length > 0, line);
    for (const [, words = ""] of calls) {
      const args = words.trim().split(/ +/).map((word) => word.replaceAll("'", ""));
      const { status, complained } = await runOn(inert, { args });
      assert.deepEqual([status, complained], [0, ""], line);
    }
  }
});

Deno.test("the exit statuses in docs/cli.md are the program's", async () => {
  const rows = tableRows(await text("docs/cli.md"), "Command line").map(([cell]) => cell ?? "");
  const said = rows.filter((cell) => /^\d+$/.test(cell)).map(Number);
  assert.deepEqual(said, Object.values(exitStatus));
});

Deno.test("every dependency has its reason in docs/architecture.md", async () => {
  const rows = tableRows(await text("docs/architecture.md"), "Dependencies");
  assert.deepEqual(
    rows.map(([name]) => (name ?? "").replaceAll("`", "")).sort(),
    Object.keys(config.imports).sort(),
  );
  for (const [name, reason = ""] of rows) assert.ok(reason.length > 20, `${name}: no reason`);
});

Deno.test("messages in docs/troubleshooting.md are words of the program", async () => {
  const source = await sourceText();
  const quoted = tableRows(await text("docs/troubleshooting.md"), "The pod hangs in `Init`")
    .flatMap(([cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => message ?? ""));
  assert.ok(quoted.length > 10);
  const unknown = quoted.flatMap((message) => message.split("…")).map((part) => part.trim())
    .filter((part) => !source.includes(part));
  assert.deepEqual(unknown, []);
});

Deno.test("docs/cli.md has every option of the commands that look", async () => {
  const page = await text("docs/cli.md");
  const all: Readonly<Record<string, OptionRow>> = { ...listOptions, output: listOutput };
  const own = Object.entries(all).filter(([key, row]) =>
    !(key in optionTables.connectionOptions) &&
    (row !== Object.entries<OptionRow>(optionTables.membershipOptions).find(([name]) => name === key)?.[1])
  );
  assert.ok(own.length > 4);
  for (const [key, { short }] of own) {
    const flag = short === undefined ? `\`--${flagOf(key)}` : `\`-${short}\`, \`--${flagOf(key)}`;
    assert.ok(page.includes(`| ${flag}`), flag);
  }
});

Deno.test("metrics in the documents for users exist", async () => {
  const known = Object.keys({ ...counters, ...gauges, ...histograms });
  const named = codeSpans(await userText()).filter((span) => /^[a-z]+_[a-z_]+\*?$/.test(span));
  assert.ok(named.length > 3);
  // Those of cAdvisor are the kubelet's.
  const unknown = named.filter((name) =>
    !name.startsWith("container_network_") && !known.some((one) => one.startsWith(name.replace(/\*$/, "")))
  );
  assert.deepEqual(unknown, []);
});

Deno.test("docs/monitoring.md names what the controller writes on pods", async () => {
  const monitoring = await text("docs/monitoring.md");
  const rows = tableRows(monitoring, "On the pod").map((cells) =>
    cells.map((cell) => cell.replaceAll("`", ""))
  );
  const reasons = Object.entries(conditionReasons).map((pair) => pair.join(" "));
  const said = rows.map(([kind, reason]) => `${kind} ${reason}`);
  assert.deepEqual(said.filter((row) => / [A-Z][A-Za-z]+$/.test(row)).sort(), reasons.sort());
  const key = "vxlan.travelping.com/networks";
  for (const name of [conditionType(key), statusAnnotation(key)]) {
    assert.ok(monitoring.includes(`\`${name}\``), name);
  }
});

async function userText(): Promise<string> {
  return (await Promise.all(userDocuments.map(text))).join("\n");
}

function allOptions(): readonly (readonly [string, OptionRow])[] {
  const tables = Object.values(optionTables).filter((table) => typeof table === "object");
  return Object.entries<OptionRow>(Object.assign({}, ...tables));
}

/** A row of the table, from the table of the program. */
function optionLine([key, row]: readonly [string, OptionRow]): string {
  const { description, value } = row;
  const { fallback, choices } = row.value === undefined ? {} : row;
  const stated = / \(default: ([^)]*)\)/.exec(description);
  const plainDefault = stated?.[1] ?? (value === undefined ? "off" : "");
  const shownDefault = fallback === undefined ? plainDefault : `\`${fallback}\``;
  const meaning = description.replace(stated?.[0] ?? "", "") +
    (choices === undefined ? "" : `; one of ${choices.join(", ")}`);
  const shownFlag = value === undefined ? `--${flagOf(key)}` : `--${flagOf(key)} ${value}`;
  return `| \`${shownFlag}\` | \`${variableOf(key, row)}\` | ${shownDefault} | ${meaning} |`
    .replaceAll("|  |", "| |");
}

/** Something in one of our folders, or a file of the root. */
function isPath(span: string): boolean {
  return /^(\.ci|\.github|contrib|lib|tests|docs|deploy|scripts|examples)\/[\w./*-]*$/.test(span) ||
    (/^([\w-]+\.(md|json|yaml|lock)|main\.ts|Dockerfile)$/.test(span) && !elsewhere.has(span));
}

/** Files of users, and of releases. */
const elsewhere = new Set(["patch.yaml", "networks.yaml", "install.yaml", "upgrade.yaml", "vxlan.yaml"]);

/** A star stands for any rest of a name. */
async function exists(path: string): Promise<boolean> {
  const star = path.indexOf("*");
  if (star < 0) return await Deno.stat(new URL(path, root)).then(() => true, () => false);
  const folder = path.slice(0, path.lastIndexOf("/", star) + 1);
  const names = await Array.fromAsync(Deno.readDir(new URL(folder, root)), ({ name }) => folder + name);
  return names.some((name) => name.startsWith(path.slice(0, star)));
}

/** Sources of lib/ with strings that go over several lines put together. */
async function sourceText(): Promise<string> {
  const parts: string[] = [];
  const read = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) await read(`${folder}${name}/`);
      else parts.push(await text(`${folder}${name}`));
    }
  };
  await read("lib/");
  return parts.join("\n").replaceAll(/["`]\s*\+\s*["`]/g, "");
}
