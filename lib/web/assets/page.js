// The live page: shows what the controller knows, and follows its changes. Text of others is only ever set as text.
import { element, plot, probed } from "./figures.js";

/** @typedef {{ at: number, ms: number }} Wait */
/** @typedef {{ network: string, from: string, to: string, outcome: string }} Probe */

/** What is shown in detail, or null. */
let shown = /** @type {{ namespace: string, name: string } | null} */ (null);
let isRefreshing = false;
let isStale = false;

byId("network").addEventListener("change", refresh);
byId("words").addEventListener("input", refresh);
byId("standing").addEventListener("change", refresh);
byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("close").addEventListener("click", closeDetail);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDetail();
});
follow();

/** One stream for as long as the page is open; the browser reconnects by itself. */
function follow() {
  const changes = new EventSource("api/changes");
  changes.addEventListener("open", () => say("live", ""));
  changes.addEventListener("message", refresh);
  changes.addEventListener("error", () => {
    say("no connection to the controller; trying again", "lost");
    // After an answer that is none the browser gives up.
    if (changes.readyState !== EventSource.CLOSED) return;
    setTimeout(follow, 2000);
  });
}

/** Fetches and shows everything; however many changes come meanwhile, once more. */
async function refresh() {
  isStale = true;
  if (isRefreshing) return;
  isRefreshing = true;
  while (isStale) {
    isStale = false;
    try {
      await show();
    } catch {
      say("no connection to the controller; trying again", "lost");
    }
  }
  isRefreshing = false;
}

async function show() {
  const network = value("network");
  const query = new URLSearchParams({ filter: value("words"), standing: value("standing") });
  const picture = network === "" ? "" : `?${new URLSearchParams({ network })}`;
  const [summary, members, drawn, detail] = await Promise.all([
    get("api/summary"),
    get(`api/members?${query}`),
    get(`api/picture${picture}`),
    shown === null ? null : get(`api/member?${new URLSearchParams(shown)}`).catch(() => null),
  ]);
  showSummary(summary);
  showMembers(members);
  showPicture(drawn);
  showDetail(detail);
  showWaits(summary.waits);
  showProbes(summary.probes);
  document.documentElement.dataset.revision = summary.revision;
}

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}

/** @param {any} summary */
function showSummary({ version, synced, leading, leader, standings, networks }) {
  say(`version ${version}, live${synced ? "" : ", pods are still being read"}`, "");
  const standby = byId("standby");
  standby.hidden = leading;
  standby.textContent = `This replica stands by and looks into no pod; the leader is ${
    leader ?? "not known"
  }.`;
  byId("standings").replaceChildren(
    ...["ready", "waiting", "failing"].map((standing) =>
      element("li", [element("b", String(standings[standing]), standing), ` ${standing}`])
    ),
    element("li", [element("b", String(networks.length)), ` network${networks.length === 1 ? "" : "s"}`]),
  );
  const select = /** @type {HTMLSelectElement} */ (byId("network"));
  const names = [...new Set(networks.map(({ name }) => name))];
  const chosen = select.value;
  if ([...select.options].slice(1).map(({ value }) => value).join("\n") === names.join("\n")) return;
  select.replaceChildren(
    new Option("all", ""),
    ...names.map((name) => {
      const its = networks.filter((network) => network.name === name);
      const members = its.reduce((sum, { members }) => sum + members, 0);
      return new Option(`${name} (${members})`, name, false, name === chosen);
    }),
  );
}

/** @param {any} members */
function showMembers({ total, rows }) {
  byId("count").textContent = total > rows.length
    ? `${rows.length} of ${total}: filter to see others`
    : `${total} member${total === 1 ? "" : "s"}`;
  const focused = document.activeElement?.getAttribute("data-pod");
  byId("rows").replaceChildren(...rows.map((row) => {
    const { namespace, name, node, standing, reasons, networks, addresses } = row;
    const open = element("button", `${namespace}/${name}`);
    open.setAttribute("type", "button");
    open.dataset.pod = `${namespace}/${name}`;
    open.addEventListener("click", () => openDetail({ namespace, name }));
    return element("tr", [
      element("td", [open]),
      element("td", node ?? "not scheduled"),
      element("td", networks.join(", ")),
      element("td", addresses.join(", ")),
      element("td", standing, standing),
      element("td", reasons.join("; ")),
    ]);
  }));
  if (rows.length === 0) {
    const none = element("td", "no members", "none");
    none.setAttribute("colspan", "6");
    byId("rows").replaceChildren(element("tr", [none]));
  }
  // A row that was made anew keeps the keyboard.
  if (focused) document.querySelector(`[data-pod="${CSS.escape(focused)}"]`)?.focus();
}

/** @param {{ svg?: string, instead?: string }} drawn */
function showPicture({ svg, instead }) {
  if (svg === undefined) return byId("picture").replaceChildren(element("p", instead ?? "", "none"));
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  byId("picture").replaceChildren(document.importNode(parsed.documentElement, true));
}

/** @param {{ namespace: string, name: string }} pod */
async function openDetail(pod) {
  shown = pod;
  await refresh();
  byId("detail-title").focus();
}

function closeDetail() {
  if (shown === null) return;
  const pod = `${shown.namespace}/${shown.name}`;
  shown = null;
  byId("detail").hidden = true;
  document.querySelector(`[data-pod="${CSS.escape(pod)}"]`)?.focus();
}

/** @param {any} detail */
function showDetail(detail) {
  byId("detail").hidden = shown === null;
  if (shown === null) return;
  byId("detail-title").textContent = `${shown.namespace}/${shown.name}`;
  const fields = detail === null ? [["state", "it is no member any more"]] : Object.entries(detail);
  byId("fields").replaceChildren(...fields.flatMap(([name, value]) => [
    element("dt", name),
    element("dd", textOf(value)),
  ]));
}

/** @param {unknown} value @returns {string} */
function textOf(value) {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(textOf).join("\n");
  if (value === null || typeof value !== "object") return String(value);
  return Object.entries(value).map(([name, inner]) => `${name}: ${textOf(inner)}`).join(", ");
}

/** @param {{ interface: Wait[], mesh: Wait[] }} waits */
function showWaits(waits) {
  byId("waits").replaceChildren(
    plot("until the interface was there", waits.interface),
    plot("until all peers knew of it", waits.mesh),
  );
}

/** For each network what was probed last. @param {Probe[]} probes */
function showProbes(probes) {
  const networks = [...new Set(probes.map(({ network }) => network))].sort();
  byId("probes").replaceChildren(
    ...networks.map((network) => probed(network, probes.filter((one) => one.network === network))),
  );
  if (networks.length === 0) byId("probes").replaceChildren(element("p", "No pair was probed yet.", "none"));
}

/** @param {string} text @param {string} kind */
function say(text, kind) {
  byId("state").textContent = text;
  byId("state").className = kind;
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found;
}

/** @param {string} id */
function value(id) {
  return /** @type {HTMLInputElement} */ (byId(id)).value;
}
