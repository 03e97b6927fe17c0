// How is a step written as a line of `ip -batch` or `bridge -batch`: the only place where commands are put
// together.
import { type Family, parseIp, readCidr } from "../../network/grammar/address.ts";
import { type AddLink, type CommandLine, readyMarker, routeProtocol, type Step, type Tool } from "../step.ts";

/** The MAC of entries that flood: frames to unknown, broadcast and multicast addresses go to every peer. */
export const floodMac = "00:00:00:00:00:00";

/**
 * Writes one step as one line. Every value is checked against its grammar once more; one that does not fit
 * throws, because a batch line is text to the tool: a blank in a name would be another argument, a new line
 * another command.
 */
export function render(step: Step): CommandLine {
  switch (step.kind) {
    case "delete-link":
      return ip("link delete dev", name(step.interfaceName));
    case "add-link":
      return renderAddLink(step);
    case "set-alias":
      return ip("link set dev", name(step.temporary ?? step.interfaceName), "alias", alias(step.alias));
    case "rename-link":
      return ip("link set dev", name(step.temporary), "name", name(step.interfaceName));
    case "set-underlay":
      return ip(
        "link set dev",
        name(step.interfaceName),
        "type vxlan id",
        vni(step.vni),
        "dev",
        name(step.underlay),
      );
    case "set-mtu":
      return ip("link set dev", name(step.interfaceName), "mtu", mtu(step.mtu));
    case "set-mac":
      return ip("link set dev", name(step.interfaceName), "address", mac(step.mac));
    case "set-up":
      return ip("link set dev", name(step.interfaceName), "up");
    case "add-address":
      return renderAddAddress(step);
    case "delete-address":
      return ip("address delete", cidr(step.cidr), "dev", name(step.interfaceName));
    case "add-route":
      return ip(
        "route add",
        cidr(step.subnet),
        "via",
        address(step.gateway),
        ...onOurRoute(step.interfaceName),
      );
    case "delete-route":
      return ip("route delete", cidr(step.subnet), ...via(step.gateway), ...onOurRoute(step.interfaceName));
    case "append-fdb":
      return bridge("fdb append", floodMac, "dst", address(step.dst), "dev", name(step.interfaceName));
    case "delete-fdb":
      return bridge("fdb delete", mac(step.mac), "dst", address(step.dst), "dev", name(step.interfaceName));
    case "set-ready":
      return ip("link set dev lo alias", readyMarker);
    default:
      return unknownStep(step);
  }
}

function renderAddLink(step: AddLink): CommandLine {
  return ip(
    ...["link add name", name(step.temporary), "address", mac(step.mac)],
    ...(step.master === undefined ? [] : ["master", name(step.master)]),
    ...(step.mtu === undefined ? [] : ["mtu", mtu(step.mtu)]),
    ...["type vxlan id", vni(step.vni), "dev", name(step.underlay), "dstport", port(step.port)],
    ...(step.local === undefined ? [] : ["local", address(step.local, step.family)]),
  );
}

/** `replace` does what `add` does and forgives an address that is already there. */
function renderAddAddress(step: Extract<Step, { kind: "add-address" }>): CommandLine {
  const head = ["address replace", cidr(step.cidr), "dev", name(step.interfaceName)];
  return ip(...head, ...(step.family === 6 ? ["nodad"] : []));
}

function via(gateway: string | undefined): readonly string[] {
  return gateway === undefined ? [] : ["via", address(gateway)];
}

function onOurRoute(dev: string): readonly string[] {
  return ["dev", name(dev), "proto", String(routeProtocol)];
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
    case "bridge":
      return ["bridge", "-json", "-force", "-batch", "-"];
    default:
      return tool satisfies never;
  }
}
