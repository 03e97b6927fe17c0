// A picture in Graphviz' language.
import { printable } from "../text/printable.ts";
import type { Box, Picture } from "./picture.ts";
import type { Standing } from "./topology.ts";

const styles: Readonly<Record<Standing, string>> = {
  ready: "",
  waiting: ', style="dashed"',
  failing: ', color="#c62828", fontcolor="#c62828"',
};

/** The whole graph. Foreign text cannot leave its label. */
export function dot({ groups, boxes, lines }: Picture): string {
  const inGroup = (id: string | undefined): readonly string[] =>
    boxes.filter(({ group }) => group === id).map(boxText);
  return [
    "graph networks {",
    "  rankdir=LR;",
    '  node [fontname="sans-serif", fontsize=11];',
    '  edge [fontname="sans-serif", fontsize=9];',
    ...groups.flatMap(({ id, title }) => [
      `  subgraph cluster_${id} {`,
      `    label="${escaped(title)}";`,
      ...inGroup(id).map((line) => `  ${line}`),
      "  }",
    ]),
    ...inGroup(undefined),
    ...lines.map(({ from, to, label, standing }) =>
      `  ${from} -- ${to} [label="${escaped(label)}"${styles[standing]}];`
    ),
    "}",
    "",
  ].join("\n");
}

function boxText({ id, kind, lines, standing }: Box): string {
  const shape = kind === "pods" ? "box" : "ellipse";
  return `  ${id} [shape=${shape}, label="${lines.map(escaped).join("\\n")}"${styles[standing]}];`;
}

function escaped(text: string): string {
  return printable(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
