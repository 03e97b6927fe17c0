// What the page draws by itself: elements, the plot of waits, the matrix of probes.

/** @typedef {{ at: number, ms: number }} Wait */
/** @typedef {{ network: string, from: string, to: string, outcome: string }} Probe */

const svgNamespace = "http://www.w3.org/2000/svg";

/** One dot a wait, in the order in which they ended. @param {string} title @param {Wait[]} waits */
export function plot(title, waits) {
  const [width, height, left] = [360, 96, 36];
  const sorted = waits.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const caption = sorted.length === 0
    ? `${title}: none measured`
    : `${title}: median ${seconds(at(0.5))}, 99 of 100 within ${seconds(at(0.99))} (${sorted.length})`;
  const picture = document.createElementNS(svgNamespace, "svg");
  set(picture, { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": caption });
  const most = Math.max(1, sorted.at(-1) ?? 1);
  for (const ms of [most, 0]) {
    const y = height - 8 - ms / most * (height - 16);
    const axis = document.createElementNS(svgNamespace, "line");
    set(axis, { class: "axis", x1: left, y1: y, x2: width, y2: y });
    const mark = document.createElementNS(svgNamespace, "text");
    set(mark, { class: "small", x: left - 6, y: y + 4, "text-anchor": "end" });
    mark.append(seconds(ms));
    picture.append(axis, mark);
  }
  for (const [index, { ms }] of waits.entries()) {
    const dot = document.createElementNS(svgNamespace, "circle");
    const x = left + 4 + (index + 0.5) * (width - left - 8) / waits.length;
    set(dot, { class: "dot", cx: x, cy: height - 8 - ms / most * (height - 16), r: 2.5 });
    picture.append(dot);
  }
  const figure = element("figure", [element("figcaption", caption)]);
  if (sorted.length > 0) figure.prepend(picture);
  return figure;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}

/** Members up to which a matrix is drawn: more have a list of the pairs without an answer. */
const widest = 16;

/** What was probed of one network. @param {string} network @param {Probe[]} probes */
export function probed(network, probes) {
  const names = new Set(probes.flatMap(({ from, to }) => [from, to]));
  if (names.size <= widest) return matrix(network, probes);
  const failed = probes.filter(({ outcome }) => outcome === "unreachable");
  return element("table", [
    element("caption", `network ${network}: ${failed.length} of ${probes.length} without an answer`),
    element("tr", [element("th", "from"), element("th", "to")]),
    ...failed.map(({ from, to }) =>
      element("tr", [element("td", from, "unreachable"), element("td", to, "unreachable")])
    ),
  ]);
}

/** @param {string} network @param {Probe[]} probes */
function matrix(network, probes) {
  const from = [...new Set(probes.map(({ from }) => from))].sort();
  const to = [...new Set(probes.map(({ to }) => to))].sort();
  const outcomes = new Map(probes.map((probe) => [`${probe.from} ${probe.to}`, probe.outcome]));
  const words = { reachable: "ok", unreachable: "no answer" };
  return element("table", [
    element("caption", `network ${network}`),
    element("tr", [element("th", "from, to"), ...to.map((name) => element("th", name))]),
    ...from.map((a) =>
      element("tr", [
        element("th", a),
        ...to.map((b) => {
          const outcome = outcomes.get(`${a} ${b}`);
          return element("td", outcome === undefined ? "" : words[outcome] ?? outcome, outcome);
        }),
      ])
    ),
  ]);
}

/** @param {Element} element @param {Record<string, string | number>} attributes */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** @param {string} name @param {string | (Node | string)[]} content @param {string} [kind] */
export function element(name, content, kind) {
  const made = document.createElement(name);
  made.append(...typeof content === "string" ? [content] : content);
  if (kind !== undefined) made.className = kind;
  return made;
}
