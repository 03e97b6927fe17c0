// A picture as Mermaid's flowchart, which GitHub and most wikis draw.
import { printable } from "../text/printable.ts";
import type { Box, Picture } from "./picture.ts";

/** The whole diagram, without a code fence. Foreign text cannot leave its label. */
export function mermaid({ groups, boxes, lines }: Picture): string {
  const inGroup = (id: string | undefined): readonly string[] =>
    boxes.filter(({ group }) => group === id).map(boxText);
  return [
    "flowchart LR",
    ...groups.flatMap(({ id, title }) => [
      `  subgraph ${id}["${escaped(title)}"]`,
      ...inGroup(id).map((line) => `  ${line}`),
      "  end",
    ]),
    ...inGroup(undefined),
    ...lines.map(({ from, to, label }) =>
      label === "" ? `  ${from} --- ${to}` : `  ${from} ---|"${escaped(label)}"| ${to}`
    ),
    "  classDef waiting stroke-dasharray: 4 3",
    "  classDef failing stroke:#c62828,stroke-width:2px,color:#c62828",
    ...(["waiting", "failing"] as const).flatMap((standing) => {
      const ids = boxes.filter((box) => box.standing === standing).map(({ id }) => id);
      return ids.length === 0 ? [] : [`  class ${ids.join(",")} ${standing}`];
    }),
    ...failingLines(lines),
    "",
  ].join("\n");
}

function boxText({ id, kind, lines }: Box): string {
  const text = `"${lines.map(escaped).join("<br>")}"`;
  return kind === "pods" ? `  ${id}[${text}]` : `  ${id}([${text}])`;
}

function failingLines(lines: Picture["lines"]): readonly string[] {
  const numbers = lines.flatMap(({ standing }, index) => standing === "failing" ? [index] : []);
  return numbers.length === 0 ? [] : [`  linkStyle ${numbers.join(",")} stroke:#c62828`];
}

/** Whatever could be markup or end the label, as Mermaid's entity of its code point. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[^\p{L}\p{N} .,:/()_…+-]/gu, (sign) => `#${sign.codePointAt(0)};`);
}
