// What do the files in deploy/monitoring ask Prometheus: rules and dashboard as values, and the names in a query.
import assert from "node:assert/strict";
import { parse } from "yaml";

const folder = new URL("../../deploy/monitoring/", import.meta.url);

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Panel {
  readonly title: string;
  readonly targets: readonly string[];
  readonly place: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** The document of one file. */
export async function readDocument(name: string): Promise<unknown> {
  return parse(await Deno.readTextFile(new URL(name, folder)));
}

/** The `spec` of alerts.yaml: a rule file as Prometheus itself reads it. */
export async function readRuleFile(): Promise<unknown> {
  return at(await readDocument("alerts.yaml"), ["spec"]);
}

export async function readAlerts(): Promise<readonly AlertRule[]> {
  const rules = at(await readRuleFile(), ["groups", "0", "rules"]);
  assert.ok(Array.isArray(rules));
  return rules.map((rule) => ({
    alert: text(rule, ["alert"]),
    expr: text(rule, ["expr"]),
    labels: texts(rule, ["labels"]),
    annotations: texts(rule, ["annotations"]),
  }));
}

/** Panels of the dashboard that ask something. */
export async function readPanels(): Promise<readonly Panel[]> {
  const panels = at(await readDocument("dashboard.json"), ["panels"]);
  assert.ok(Array.isArray(panels));
  return panels.filter((panel) => at(panel, ["type"]) !== "row").map((panel) => {
    const targets = at(panel, ["targets"]);
    assert.ok(Array.isArray(targets));
    const place = (key: string): number => Number(at(panel, ["gridPos", key]));
    return {
      title: text(panel, ["title"]),
      targets: targets.map((target) => text(target, ["expr"])),
      place: { x: place("x"), y: place("y"), w: place("w"), h: place("h") },
    };
  });
}

/** One metric that a query asks for, with the labels it selects by. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** Metrics and labels in a query. */
export function namesIn(
  query: string,
): { readonly selectors: readonly Selector[]; readonly grouping: readonly string[] } {
  const bare = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/\[[^\]]*\]/g, "");
  const grouping = [...bare.matchAll(/\b(?:by|without|on|ignoring|group_left)\s*\(([^)]*)\)/g)]
    .flatMap(([, list = ""]) => list.split(",").map((label) => label.trim()));
  const rest = bare.replaceAll(/\b(?:by|without|on|ignoring|group_left)\s*\([^)]*\)/g, " ");
  const selectors = [
    ...rest.matchAll(/(?<![\w:])([A-Za-z_:][A-Za-z0-9_:]*)\s*(?:\{([^}]*)\})?(?!\s*\(|[A-Za-z0-9_:])/g),
  ]
    .filter(([, name = ""]) => !["and", "or", "unless", "bool", "offset"].includes(name))
    .map(([, metric = "", matchers = ""]) => ({
      metric,
      labels: [...matchers.matchAll(/([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
    }));
  return { selectors, grouping };
}

/** The value at a path of foreign data; undefined when there is none. */
export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? new Map(Object.entries(inner)).get(key) : undefined,
    value,
  );
}

function text(value: unknown, path: readonly string[]): string {
  const found = at(value, path);
  assert.ok(typeof found === "string" && found !== "", `${path.join(".")} is missing`);
  return found;
}

function texts(value: unknown, path: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, path);
  assert.ok(typeof found === "object" && found !== null, `${path.join(".")} is missing`);
  return Object.fromEntries(Object.entries(found).map(([key, one]) => [key, String(one)]));
}
