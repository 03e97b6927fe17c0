// Which manifests are meant: files, or what comes through a pipe; and what all commands on them are told.
import { parseLabelSelector } from "../../names/labels.ts";
import { fault, type Parsed, valueOf } from "../../network/grammar/parsed.ts";
import type { ManifestFile } from "../../manifests/lint.ts";
import { messageOf } from "../../text/defined.ts";
import type { Host } from "../host.ts";
import { UsageError } from "../program.ts";
import { membershipOptions, type OptionTable } from "../settings/options.ts";

/** What every command on manifests can be told of the controller's names. */
export const namesOptions = {
  selector: membershipOptions.selector,
  annotation: membershipOptions.annotation,
  configmapName: membershipOptions.configmapName,
  agentContainerName: membershipOptions.agentContainerName,
  agentInitContainerName: membershipOptions.agentInitContainerName,
} as const satisfies OptionTable;

/** Files to read; several may follow. */
export const fileOption = {
  file: {
    short: "f",
    value: "FILE...",
    description: "manifests to read, or a folder of them; - for what comes through the pipe",
    fallback: "-",
    parse: files,
  },
} as const satisfies OptionTable;

/** Where the ConfigMap is, unless it says so itself. */
export const usualNamespace = "kube-system";

function files(text: string): Parsed<readonly string[]> {
  const names = text.split("\n").filter((name) => name !== "");
  return names.length === 0 ? fault("expected files, or - for what comes through the pipe") : valueOf(names);
}

/** The texts, in the order of the names; of a folder those in it. Throws UsageError when one cannot be read. */
export async function readFiles(names: readonly string[], host: Host): Promise<readonly ManifestFile[]> {
  const read: ManifestFile[] = [];
  for (const name of names) {
    try {
      const inside = name === "-" ? undefined : await host.listFolder(name);
      if (inside !== undefined) {
        read.push(...await readFiles(manifestsIn(name, inside), host));
      } else {
        const text = name === "-" ? await host.readInput() : await host.readTextFile(name);
        read.push({ name: name === "-" ? "stdin" : name, text });
      }
    } catch (error) {
      throw error instanceof UsageError ? error : new UsageError(`Cannot read ${name}: ${messageOf(error)}`);
    }
  }
  return read;
}

/** As kubectl takes them: not those of folders below. Throws UsageError where there are none. */
function manifestsIn(folder: string, names: readonly string[]): readonly string[] {
  const found = names.filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (found.length > 0) return found.map((name) => `${folder.replace(/\/+$/, "")}/${name}`);
  throw new UsageError(`Cannot read ${folder}: no file in it ends with .yaml, .yml or .json`);
}

/** The label that members have, of a selector that asks for one. Throws UsageError. */
export function labelOf(selector: string): { readonly key: string; readonly value: string } {
  const [, key, value] = /^([^=,!\s()]+)={1,2}([^=,!\s()]*)$/.exec(selector) ?? [];
  if (key !== undefined && value !== undefined) return { key, value };
  throw new UsageError(
    `Cannot tell from --selector=${JSON.stringify(selector)} which label members have: expected KEY=VALUE`,
  );
}

/** Whether labels are selected. Throws UsageError when the selector cannot be read here. */
export function selects(selector: string): (labels: Readonly<Record<string, string>>) => boolean {
  const read = parseLabelSelector(selector);
  if (read.kind === "value") return read.value;
  throw new UsageError(`Cannot use --selector=${JSON.stringify(selector)}: ${read.reason}`);
}
