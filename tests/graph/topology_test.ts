// What do pictures show of a cluster: in which order, what is one box, and what becomes of foreign text?
import assert from "node:assert/strict";
import { dot } from "../../lib/graph/dot.ts";
import { mermaid } from "../../lib/graph/mermaid.ts";
import { pictureOf } from "../../lib/graph/picture.ts";
import { svg } from "../../lib/graph/svg.ts";
import { topologyOf } from "../../lib/graph/topology.ts";
import { seen } from "./seen_member.ts";

const routed = [
  seen("a", { node: "n1", networks: "west id=101 ip=192.168.11.2/29 route=192.168.12.0/29:192.168.11.1" }),
  seen("b", { node: "n1", networks: "east id=102 ip=192.168.12.2/29" }),
  seen("gw", {
    node: "n2",
    networks: "west id=101 ip=192.168.11.1/29, east id=102 name=lan ip=192.168.12.1/29",
    standing: "failing",
    reasons: ["Cannot make interface lan"],
  }),
];

Deno.test("mermaid: nodes around their pods, gateways named, what fails in red", () => {
  assert.equal(
    mermaid(pictureOf(topologyOf(routed.toReversed()))),
    `flowchart LR
  subgraph node1["node n1"]
    node1p1["default/a"]
    node1p2["default/b"]
  end
  subgraph node2["node n2"]
    node2p1["default/gw<br>Cannot make interface lan"]
  end
  net1(["east<br>VNI 102, port 8472"])
  net2(["west<br>VNI 101, port 8472"])
  node1p1 ---|"192.168.11.2/29"| net2
  node1p2 ---|"192.168.12.2/29"| net1
  node2p1 ---|"lan 192.168.12.1/29"| net1
  node2p1 ---|"192.168.11.1/29 gateway"| net2
  classDef waiting stroke-dasharray: 4 3
  classDef failing stroke:#c62828,stroke-width:2px,color:#c62828
  class node2p1 failing
  linkStyle 2,3 stroke:#c62828
`,
  );
});

Deno.test("dot: the same, for one network only, and a network that is not to be had", () => {
  const lost = seen("lost", { networks: "east id=102", missing: ["nowhere"], standing: "failing" });
  assert.equal(
    dot(pictureOf(topologyOf([...routed, lost], ["east", "nowhere"]))),
    `graph networks {
  rankdir=LR;
  node [fontname="sans-serif", fontsize=11];
  edge [fontname="sans-serif", fontsize=9];
  subgraph cluster_node1 {
    label="node n1";
    node1p1 [shape=box, label="default/b"];
  }
  subgraph cluster_node2 {
    label="node n2";
    node2p1 [shape=box, label="default/gw\\nCannot make interface lan", color="#c62828", fontcolor="#c62828"];
  }
  subgraph cluster_node3 {
    label="not scheduled";
    node3p1 [shape=box, label="default/lost", color="#c62828", fontcolor="#c62828"];
  }
  net1 [shape=ellipse, label="east\\nVNI 102, port 8472"];
  missing1 [shape=ellipse, label="nowhere\\nnot to be had", color="#c62828", fontcolor="#c62828"];
  node1p1 -- net1 [label="192.168.12.2/29"];
  node2p1 -- net1 [label="lan 192.168.12.1/29", color="#c62828", fontcolor="#c62828"];
  node3p1 -- net1 [label="", color="#c62828", fontcolor="#c62828"];
  node3p1 -- missing1 [label="", color="#c62828", fontcolor="#c62828"];
}
`,
  );
});

Deno.test("svg: the same picture gives the same text, nothing overlaps, also without any member", () => {
  const picture = pictureOf(topologyOf(routed));
  const text = svg(picture);
  assert.equal(text, svg(pictureOf(topologyOf(routed.toReversed()))));
  const boxes = [...text.matchAll(/class="box[^>]*? x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)]
    .map(([, ...numbers]) => numbers.map(Number));
  assert.equal(boxes.length, picture.boxes.length);
  for (const [index, [x = 0, y = 0, width = 0, height = 0]] of boxes.entries()) {
    for (const [left = 0, top = 0, w = 0, h = 0] of boxes.slice(index + 1)) {
      assert.ok(x + width <= left || left + w <= x || y + height <= top || top + h <= y, "boxes overlap");
    }
  }
  assert.match(svg(pictureOf(topologyOf([]))), /aria-label="no networks"/);
});

Deno.test("a thousand members on ten nodes: a box for those that are alike, gateways and failures apart", () => {
  const members = Array.from({ length: 1_000 }, (_, number) =>
    seen(`m${number}`, {
      node: `n${number % 10}`,
      networks: `storage id=7 ip=10.1.${number >> 8}.${number & 255}/16` +
        (number === 5 ? " route=10.2.0.0/16:10.1.0.3" : ""),
      ...number === 8 ? { standing: "failing", reasons: ["no"] } : {},
    }));
  const { boxes } = pictureOf(topologyOf(members));
  assert.equal(boxes.length, 10 + 2 + 1, "a box a node, the gateway, the failing one, the network");
  assert.deepEqual(boxes.find(({ lines }) => lines[0] === "default/m3")?.lines, ["default/m3"]);
  assert.ok(boxes.some(({ lines }) => lines[0] === "100 pods" && lines[1] === "default/m0, …"));
});

Deno.test("a thousand members of seven networks on fifty nodes: as many lines and signs as Mermaid draws", () => {
  const members = Array.from({ length: 1_000 }, (_, number) =>
    seen(`m${number}`, {
      node: `n${number % 50}`,
      networks: `net${number % 7} id=${number % 7 + 1} ip=10.1.${number >> 8}.${number & 255}/16`,
    }));
  const picture = pictureOf(topologyOf(members));
  assert.equal(picture.boxes.length, 50 * 7 + 7);
  assert.ok(picture.lines.length <= 500 && mermaid(picture).length <= 50_000);
});

Deno.test("foreign text stays text, whatever it holds", () => {
  const evil = `"]; end <script>alert(1)</script> \\" #quot; \u{1b}[2J\n--> x`;
  const one = { ...seen("x", { networks: "a id=1" }), standing: "failing" as const, reasons: [evil] };
  const picture = pictureOf(topologyOf([one]));
  assert.equal(/<script|\p{Cc}(?<!\n)|"\];|\n-->/u.test(mermaid(picture)), false);
  assert.equal(
    mermaid(picture).split("\n").length,
    mermaid(pictureOf(topologyOf([{ ...one, reasons: ["plain"] }]))).split("\n").length,
  );
  assert.equal(/<script|\p{Cc}(?<!\n)/u.test(svg(picture)), false);
  assert.equal(/[^\\]"\];/.test(/label="default\/x(.*)/.exec(dot(picture))?.[1]?.slice(0, 20) ?? ""), false);
});
