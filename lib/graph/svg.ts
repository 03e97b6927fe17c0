// A picture as SVG, laid out by dagre: for documents and for the live page, readable in dark and light.
import dagre from "@dagrejs/dagre";
import { printable } from "../text/printable.ts";
import type { Box, Line, Picture } from "./picture.ts";

/** Pixels. The width of a character is that of a wide one: no font is measured, so the same everywhere. */
const sizes = { character: 6.7, line: 16, padding: 10, title: 18, margin: 20 };

/** Where something is: its middle, and how large. */
interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface PlacedLine extends Line {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly at: { readonly x: number; readonly y: number };
}

/**
 * The whole file; not `styled`: the element for a page that has its own style. The same picture gives the same text.
 * All foreign text is escaped.
 */
export function svg(picture: Picture, { styled = true }: { readonly styled?: boolean } = {}): string {
  const { place, lines, width, height } = laidOut(picture);
  const { groups, boxes } = picture;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${escaped(summaryOf(picture))}">`,
    ...styled ? [`<style>${style}</style>`] : [],
    ...groups.flatMap(({ id, title }) =>
      groupText(title, boxes.filter(({ group }) => group === id).map((box) => place(box.id)))
    ),
    ...lines.map(wireText),
    ...lines.flatMap(labelText),
    ...boxes.flatMap((box) => boxText(box, place(box.id))),
    "</svg>",
    "",
  ].join("\n");
}

const style = "svg{color-scheme:light dark;" +
  "--l:light-dark(#78848f,#8b98a5);--t:light-dark(#1c2733,#e3e9ef);" +
  "--b:light-dark(#fff,#1b242d);--g:light-dark(#eef2f5,#141b22);" +
  "--r:light-dark(#b3261e,#ff8a80)}" +
  "text{font:12px system-ui,sans-serif;fill:var(--t)}.small{font-size:10.5px}" +
  ".group{fill:var(--g);stroke:none}.box{fill:var(--b);stroke:var(--l)}" +
  ".wire{fill:none;stroke:var(--l)}.waiting{stroke-dasharray:4 3}" +
  ".failing{stroke:var(--r)}text.failing{stroke:none;fill:var(--r)}" +
  ".under{fill:light-dark(#fff,#0d1117)}";

function laidOut({ groups, boxes, lines }: Picture): {
  readonly place: (id: string) => Placed;
  readonly lines: readonly PlacedLine[];
  readonly width: number;
  readonly height: number;
} {
  const graph = new dagre.graphlib.Graph({ compound: true, multigraph: true });
  graph.setGraph({
    rankdir: "LR",
    nodesep: 30,
    edgesep: 8,
    ranksep: 60,
    marginx: sizes.margin,
    marginy: sizes.margin,
  });
  for (const { id } of groups) graph.setNode(id, {});
  for (const box of boxes) {
    graph.setNode(box.id, sizeOf(box));
    if (box.group !== undefined) graph.setParent(box.id, box.group);
  }
  for (const [index, { from, to, label }] of lines.entries()) {
    const size = { width: label.length * sizes.character, height: sizes.line, labelpos: "c" as const };
    graph.setEdge(from, to, size, String(index));
  }
  dagre.layout(graph);
  const place = (id: string): Placed => placed(graph.node(id));
  const { width = 0, height = 0 } = graph.graph();
  return {
    place,
    lines: lines.map((line, index) => {
      const { points = [], x = 0, y = 0 } = graph.edge(line.from, line.to, String(index));
      return { ...line, points, at: { x, y } };
    }),
    width: Math.max(1, round(Number.isFinite(width) ? width : 0)),
    height: Math.max(1, round(Number.isFinite(height) ? height : 0)),
  };
}

function sizeOf({ lines }: Box): { readonly width: number; readonly height: number } {
  const longest = Math.max(...lines.map((line) => line.length));
  return {
    width: longest * sizes.character + 2 * sizes.padding,
    height: lines.length * sizes.line + sizes.padding,
  };
}

function placed({ x = 0, y = 0, width = 0, height = 0 }: Partial<Placed>): Placed {
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}

/** Drawn around the boxes: dagre's own frame has no room for a title. */
function groupText(title: string, boxes: readonly Placed[]): readonly string[] {
  const left = Math.min(...boxes.map(({ x, width }) => x - width / 2)) - sizes.padding;
  const right = Math.max(...boxes.map(({ x, width }) => x + width / 2)) + sizes.padding;
  const top = Math.min(...boxes.map(({ y, height }) => y - height / 2)) - sizes.padding - sizes.title;
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height / 2)) + sizes.padding;
  const [width, height] = [round(right - left), round(bottom - top)];
  return [
    `<rect class="group" x="${round(left)}" y="${round(top)}" width="${width}" height="${height}" rx="8"/>`,
    `<text class="small" x="${round(left) + 8}" y="${round(top) + 16}">${escaped(title)}</text>`,
  ];
}

function boxText({ kind, lines, standing }: Box, { x, y, width, height }: Placed): readonly string[] {
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const radius = kind === "pods" ? 4 : round(height / 2);
  return [
    `<rect class="box ${standing}" x="${left}" y="${top}" width="${width}" height="${height}" rx="${radius}"/>`,
    ...lines.map((line, index) => {
      const at = round(top + sizes.line * (index + 1) + 1);
      const small = index === 0 ? "" : "small ";
      return `<text class="${small}${standing}" x="${x}" y="${at}" text-anchor="middle">${
        escaped(line)
      }</text>`;
    }),
  ];
}

function wireText({ points, standing }: PlacedLine): string {
  const way = points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
  return `<path class="wire ${standing}" d="${way}"/>`;
}

/** Above all wires, on a ground of its own: no line runs through it. */
function labelText({ at, label }: PlacedLine): readonly string[] {
  if (label === "") return [];
  const width = round(label.length * sizes.character);
  const [left, top] = [round(at.x - width / 2), round(at.y - sizes.line / 2)];
  return [
    `<rect class="under" x="${left}" y="${top}" width="${width}" height="${sizes.line}"/>`,
    `<text class="small" x="${round(at.x)}" y="${round(at.y) + 4}" text-anchor="middle">${
      escaped(label)
    }</text>`,
  ];
}

function summaryOf({ boxes }: Picture): string {
  const networks = boxes.filter(({ kind }) => kind === "network").map(({ lines }) => lines[0] ?? "");
  return networks.length === 0 ? "no networks" : `networks ${networks.slice(0, 10).join(", ")}`;
}

/** Whole pixels: shorter, and equal on every machine. */
function round(value: number): number {
  return Math.round(value);
}

/** Safe as text and as the value of an attribute. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
