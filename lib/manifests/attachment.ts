// What does a NetworkAttachmentDefinition ask for, and can a VXLAN network give it?
import { cidrText, parseCidr, parseSubnet } from "../network/grammar/address.ts";
import { isRecord, parseRecord } from "../text/json.ts";
import { quoted } from "../text/quoted.ts";
import { type ManifestObject } from "./documents.ts";
import { textsIn } from "./templates.ts";

/** A definition that became a network. */
export interface Attachment {
  readonly name: string;
  readonly namespace?: string;
  readonly title: string;
  /** Why it cannot be converted; absent: it can. */
  readonly refusal?: string;
  /** `subnet=…`, `range=…`, `exclude=…`: what addresses are given from. */
  readonly pool: readonly string[];
  /** Subnets of the pool, for addresses that are written without prefix length. */
  readonly subnets: readonly string[];
  /** With prefix length; every pod that uses it gets the same. */
  readonly addresses: readonly string[];
  /** `SUBNET:GATEWAY`. */
  readonly routes: readonly string[];
  /** What is left out. */
  readonly notes: readonly string[];
}

/** Plugins that put a pod into a network of layer 2, which a VXLAN network is too. */
const layer2 = new Set(["macvlan", "ipvlan", "bridge", "vlan", "ovs"]);

/** Plugins behind it that only tune the interface, or of which the controller takes care. */
const harmless = new Set(["tuning", "sbr"]);

/** The definition that an object is; undefined when it is none. */
export function attachmentOf(object: ManifestObject): Attachment | undefined {
  if (object.kind !== "NetworkAttachmentDefinition") return undefined;
  const { name = "", namespace } = textsIn(object.value, "metadata");
  const base = { name, ...(namespace !== undefined && { namespace }), title: object.title };
  const nothing = { pool: [], subnets: [], addresses: [], routes: [], notes: [] };
  const { config } = textsIn(object.value, "spec");
  const refused = (refusal: string): Attachment => ({ ...base, ...nothing, refusal });
  if (config === undefined) return refused("it has no config: what it is stands in a file on the nodes");
  const whole = parseRecord(config);
  if (whole === undefined) return refused("its config is no JSON object");
  const plugins = Array.isArray(whole.plugins) ? whole.plugins.filter(isRecord) : [whole];
  const [first, ...rest] = plugins;
  const type = typeof first?.type === "string" ? first.type : "";
  if (first === undefined || !layer2.has(type)) {
    return refused(
      `type ${quoted(type)} is no network of layer 2 that can be carried in VXLAN; leave it to Multus`,
    );
  }
  const others = rest.map(({ type }) => String(type)).filter((other) => !harmless.has(other));
  const left = [
    ...others.map((other) => `plugin ${quoted(other)} is left out`),
    ...(typeof first.vlan === "number" || typeof first.vlanId === "number"
      ? ["its VLAN tag is left out"]
      : []),
  ];
  return { ...base, ...ipam(isRecord(first.ipam) ? first.ipam : {}, left) };
}

type Addressing = Pick<Attachment, "pool" | "subnets" | "addresses" | "routes" | "notes">;

function ipam(given: Readonly<Record<string, unknown>>, left: readonly string[]): Addressing {
  const notes = [...left];
  const routes = records(given.routes).flatMap(({ dst, gw }) => {
    if (isDefault(dst)) return [];
    if (typeof dst === "string" && typeof gw === "string") return [`${dst}:${gw}`];
    notes.push(`route ${quoted(String(dst))} has no gateway and is left out`);
    return [];
  });
  const ranges = rangesIn(given);
  const pool = ranges.flatMap(poolWords);
  const subnets = ranges.flatMap(({ subnet }) => subnet);
  const addresses = records(given.addresses).flatMap(({ address }) =>
    typeof address === "string" ? [address] : []
  );
  const type = typeof given.type === "string" ? given.type : "";
  if (!["", "static", "host-local", "whereabouts"].includes(type)) {
    notes.push(`addresses of ipam type ${quoted(type)} are left out: give them with ip=… or subnet=…`);
  }
  return { pool, subnets, addresses, routes, notes };
}

interface Range {
  readonly subnet: string;
  readonly start?: string;
  readonly end?: string;
  readonly exclude: readonly string[];
}

/** Of host-local (`subnet`, `rangeStart`; also as `ranges`) and of whereabouts (`range`, `range_start`; also `ipRanges`). */
function rangesIn(given: Readonly<Record<string, unknown>>): readonly Range[] {
  const lists = [given.ranges, given.ipRanges].flatMap((list) => Array.isArray(list) ? list.flat() : []);
  return [given, ...lists.filter(isRecord)].flatMap((one): readonly Range[] => {
    const text = [one.range, one.subnet].find((each) => typeof each === "string");
    if (typeof text !== "string") return [];
    // Whereabouts takes `192.168.2.10-192.168.2.20/24` and addresses with host bits.
    const [, from, to, rest] = /^(?:([0-9A-Fa-f.:]+)-)?([0-9A-Fa-f.:]+)(\/\d+)$/.exec(text) ?? [];
    const subnet = subnetOfText(`${to ?? ""}${rest ?? ""}`);
    if (subnet === undefined) return [];
    const start = [from, one.range_start, one.rangeStart].find((each) => typeof each === "string");
    const end = [from === undefined ? undefined : to, one.range_end, one.rangeEnd].find((each) =>
      typeof each === "string"
    );
    const exclude = Array.isArray(one.exclude) ? one.exclude.filter((each) => typeof each === "string") : [];
    return [{
      subnet,
      ...(typeof start === "string" && { start }),
      ...(typeof end === "string" && { end }),
      exclude,
    }];
  });
}

function poolWords({ subnet, start, end, exclude }: Range): readonly string[] {
  return [
    `subnet=${subnet}`,
    ...(start !== undefined && end !== undefined ? [`range=${start}-${end}`] : []),
    ...(exclude.length > 0
      ? [`exclude=${exclude.map((each) => each.replace(/\/(32|128)$/, "")).join(",")}`]
      : []),
  ];
}

/** The subnet that an address with prefix length lies in. */
function subnetOfText(text: string): string | undefined {
  const subnet = parseSubnet(text);
  if (subnet.kind === "value") return cidrText(subnet.value);
  return /the subnet is (\S+)$/.exec(subnet.reason)?.[1];
}

function isDefault(subnet: unknown): boolean {
  return subnet === "0.0.0.0/0" || subnet === "::/0" || subnet === "default";
}

function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** An address with its prefix length, taken from one of the subnets where it has none. Undefined when none fits. */
export function withPrefix(address: string, subnets: readonly string[]): string | undefined {
  if (address.includes("/")) return address;
  for (const subnet of subnets) {
    const text = `${address}/${subnet.split("/")[1]}`;
    if (parseCidr(text).kind === "value" && subnetOfText(text) === subnet) return text;
  }
  return undefined;
}
