// How is a step written as a line of `ip -batch` or `bridge -batch`: the only place where commands are put
// together.
import { type Family, hostPrefix, parseIp, readCidr } from "../../network/grammar/address.ts";
import type { ObservedRule } from "../observation.ts";
import {
  type AddLink,
  type CommandLine,
  type OnLink,
  type PolicyRule,
  readyMarker,
  routeProtocol,
  type RouteStep,
  type Step,
  type Tool,
} from "../step.ts";
import { defined } from "../../text/defined.ts";
import { temporaryName } from "../wanted.ts";

/** The MAC of entries that flood: frames to unknown, broadcast and multicast addresses go to every peer. */
export const floodMac = "00:00:00:00:00:00";

/**
 * Writes one step as one line; `chance`, another number for each batch, is in the names under which links are made. Every
 * value is checked against its grammar once more; one that does not fit throws, because a batch line is text to the tool: a
 * blank in a name would be another argument, a new line another command.
 */
export function render(step: Step, { chance }: { readonly chance: number }): CommandLine {
  switch (step.kind) {
    case "delete-link":
      return ip("link delete dev", link(step));
    case "add-link":
      return renderAddLink(step, chance);
    case "set-alias":
      return ip("link set dev", link(step), "alias", alias(step.alias));
    case "name-link":
      // With `type`, links of another kind or VNI are refused, and nothing is done of what the line asks.
      return ip(
        ...["link set dev", name(temporaryName(step.temporary, { ...step, chance }))],
        ...["name", name(step.interfaceName), "alias", alias(step.alias), ...(step.up ? ["up"] : [])],
        ...["type vxlan id", vni(step.vni)],
      );
    case "set-underlay":
      return ip("link set dev", link(step), "type vxlan id", vni(step.vni), "dev", name(step.underlay));
    case "set-mtu":
      return ip("link set dev", link(step), "mtu", mtu(step.mtu));
    case "set-mac":
      return ip("link set dev", link(step), "address", mac(step.mac));
    case "set-up":
      return ip("link set dev", link(step), "up");
    case "add-address":
      return renderAddAddress(step);
    case "delete-address":
      return ip("address delete", cidr(step.cidr), "dev", device(step));
    case "add-route":
      return ip("route add", ...routeWords(step));
    case "delete-route":
      return ip("route delete", ...routeWords(step));
    case "add-rule":
      return ofRule("add", { ...step.rule, says: ruleWords(step.rule) });
    case "delete-rule":
      return ofRule("delete", step.rule);
    case "append-fdb":
      return bridge("fdb append", floodMac, "dst", address(step.dst), "dev", name(step.interfaceName));
    case "delete-fdb":
      return bridge("fdb delete", mac(step.mac), "dst", address(step.dst), "dev", name(step.interfaceName));
    case "replace-fdb":
      return bridge(
        ...["fdb replace", mac(step.mac), "dst", address(step.dst)],
        ...["dev", name(step.interfaceName), "self permanent"],
      );
    case "set-neighbour":
      return ip(
        ...["neigh replace", address(step.address), "lladdr", mac(step.mac), "dev", name(step.interfaceName)],
        ...["nud permanent protocol", String(routeProtocol)],
      );
    case "forget-neighbour":
      return ip(
        ...["neigh flush", ...toAddress(step.address), "dev", name(step.interfaceName)],
        ...(step.permanent === true ? ["nud permanent"] : []),
      );
    case "set-ready":
      return ip("link set dev lo alias", readyMarker);
    default:
      return unknownStep(step);
  }
}

/**
 * `neigh delete` of what is not there, and any `neigh` line that is refused, ends the tool in spite of `-force`; `flush`
 * refuses nothing, knows both families and leaves permanent entries alone unless they are named.
 */
function toAddress(to: string | undefined): readonly string[] {
  return to === undefined ? [] : ["to", address(to)];
}

function renderAddLink(step: AddLink, chance: number): CommandLine {
  return ip(
    ...["link add name", name(temporaryName(step.temporary, { ...step, chance })), "address", mac(step.mac)],
    ...(step.master === undefined ? [] : ["master", name(step.master)]),
    ...(step.mtu === undefined ? [] : ["mtu", mtu(step.mtu)]),
    ...["type vxlan id", vni(step.vni), "dev", name(step.underlay), "dstport", port(step.port)],
    ...(step.local === undefined ? [] : ["local", address(step.local, step.family)]),
  );
}

/** `replace` does what `add` does and forgives an address that is already there. */
function renderAddAddress(step: Extract<Step, { kind: "add-address" }>): CommandLine {
  const head = ["address replace", cidr(step.cidr), "dev", device(step)];
  return ip(
    ...head,
    ...(step.family === 6 ? ["nodad"] : []),
    ...(step.withoutRoute === true ? ["noprefixroute"] : []),
  );
}

function routeWords(step: RouteStep): readonly string[] {
  const { type, interfaceName, index, gateway, table, source, metric, onlink } = step;
  return [
    ...(type === undefined ? [] : [type]),
    cidr(step.subnet),
    ...(gateway === undefined ? [] : ["via", address(gateway)]),
    ...(interfaceName === undefined ? [] : ["dev", device({ interfaceName, ...defined({ index }) })]),
    ...(onlink === true ? ["onlink"] : []),
    ...["proto", String(routeProtocol)],
    ...(table === undefined ? [] : ["table", tableName(table)]),
    ...(source === undefined ? [] : ["src", address(source)]),
    ...(metric === undefined
      ? []
      : ["metric", within(metric, { what: "a metric", least: 1, most: 2 ** 32 - 1 })]),
  ];
}

/** What a rule says, in the words of a command. UDP as a number: an image without /etc/protocols knows no name. */
export function ruleWords(
  { family, from, to, port: udpPort, table, suppress }: Omit<PolicyRule, "priority">,
): string {
  const most = hostPrefix(family);
  return [
    ...(from === undefined ? [] : ["from", address(from, family)]),
    ...(to === undefined ? [] : ["to", cidr(to)]),
    ...(udpPort === undefined ? [] : ["ipproto 17 dport", port(udpPort)]),
    ...["lookup", tableName(table)],
    ...(suppress === undefined
      ? []
      : ["suppress_prefixlength", within(suppress, { what: "a prefix length", least: 0, most })]),
  ].join(" ");
}

function ofRule(
  verb: "add" | "delete",
  { family, priority, says }: Omit<ObservedRule, "ours">,
): CommandLine {
  const pref = within(priority, { what: "a preference", least: 1, most: 32765 });
  // What says more than we ever write is known by its preference and protocol.
  const words = says.startsWith("{") ? [] : [says];
  return {
    tool: family === 4 ? "ip" : "ip6",
    text: [`rule ${verb} pref`, pref, ...words, "protocol", String(routeProtocol)].join(" "),
  };
}

function ip(...parts: readonly string[]): CommandLine {
  return { tool: "ip", text: parts.join(" ") };
}

function bridge(...parts: readonly string[]): CommandLine {
  return { tool: "bridge", text: parts.join(" ") };
}

function name(value: string): string {
  return matching(value, { what: "an interface name", pattern: /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/ });
}

/**
 * The tools take `if%u` for an index where no link has that name, and with zeros in front none has. They ask the kernel for
 * the name first, and it has `modprobe` look for a module of that name, which costs the node some ms; what is longer than
 * names are glibc does not ask for. So it is long, and only for what a pod has few lines of.
 */
function device(step: OnLink, digits = 14): string {
  if (step.index === undefined) return name(step.interfaceName);
  return `if${within(step.index, { what: "an index", least: 1, most: 2 ** 31 - 1 }).padStart(digits, "0")}`;
}

/** The same as long as a name may be: `link` takes nothing longer before iproute2 5.4. */
function link(step: OnLink): string {
  return device(step, 10);
}

function tableName(value: string): string {
  return matching(value, { what: "a table of ours", pattern: /^(main|local|86)$/ });
}

function alias(value: string): string {
  return matching(value, { what: "an alias", pattern: /^[A-Za-z][A-Za-z0-9_.:,=/-]{0,254}$/ });
}

function mac(value: string): string {
  return matching(value, { what: "a MAC address", pattern: /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/ });
}

function cidr(value: string): string {
  const parsed = readCidr(value);
  if (parsed !== undefined && `${parsed.address}/${parsed.prefix}` === value) return value;
  throw outside(value, "a canonical address with its prefix length");
}

function address(value: string, family?: Family): string {
  const parsed = parseIp(value);
  if (parsed?.address === value && (family === undefined || family === parsed.family)) return value;
  throw outside(value, "a canonical address");
}

function vni(value: number): string {
  return within(value, { what: "a VNI", least: 1, most: 16777215 });
}

function port(value: number): string {
  return within(value, { what: "a port", least: 1, most: 65535 });
}

function mtu(value: number): string {
  return within(value, { what: "an MTU", least: 68, most: 65535 });
}

function within(
  value: number,
  range: { readonly what: string; readonly least: number; readonly most: number },
): string {
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return String(value);
  throw outside(value, `${range.what} (${range.least}..${range.most})`);
}

function matching(value: string, grammar: { readonly what: string; readonly pattern: RegExp }): string {
  if (grammar.pattern.test(value)) return value;
  throw outside(value, grammar.what);
}

function outside(value: unknown, what: string): Error {
  return new Error(`Cannot render a command: ${JSON.stringify(value)} is not ${what}`);
}

function unknownStep(step: never): never {
  throw outside(step, "a step");
}

/** argv of a tool in its batch mode. `-force` goes on after a refused line; without a shell in between. */
export function batchCommand(tool: Tool): readonly string[] {
  switch (tool) {
    case "ip":
      return ["ip", "-json", "-details", "-force", "-batch", "-"];
    case "ip6":
      return ["ip", "-6", "-json", "-details", "-force", "-batch", "-"];
    case "bridge":
      return ["bridge", "-json", "-force", "-batch", "-"];
    default:
      return tool satisfies never;
  }
}
