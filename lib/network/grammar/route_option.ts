// How do the options read that say where packets go: routes, gateways, what is left out of them, and peers outside?
import { quoted } from "../../text/quoted.ts";
import {
  type Cidr,
  hostPrefix,
  type Ip,
  parseAddress,
  parseDestination,
  parseSubnet,
  type Route,
} from "./address.ts";
import { fault, type Parsed, valueOf } from "./parsed.ts";

/**
 * `SUBNET:GATEWAY`, or `SUBNET` for what is on the link itself. An IPv6 subnet has colons itself, so it goes up to the
 * colon after its prefix length.
 */
export function parseRoute(text: string): Parsed<Route> {
  const slash = text.indexOf("/");
  const colon = slash < 0 ? -1 : text.indexOf(":", slash);
  const written = colon < 0 ? text : text.slice(0, colon);
  if (slash < 0) {
    return fault(
      "expected SUBNET:GATEWAY with the subnet's prefix length, such as 192.0.2.0/24:198.51.100.1",
    );
  }
  if (colon < 0) return onLink(written);
  const subnet = parseSubnet(written);
  if (subnet.kind === "fault") return fault(`subnet ${quoted(written)}: ${subnet.reason}`);
  const gateway = parseAddress(text.slice(colon + 1));
  if (gateway.kind === "fault") return fault(`gateway ${quoted(text.slice(colon + 1))}: ${gateway.reason}`);
  if (gateway.value.family !== subnet.value.family) {
    return fault(
      `the subnet is IPv${subnet.value.family} and the gateway IPv${gateway.value.family}: expected both of one family`,
    );
  }
  return valueOf({ subnet: subnet.value, gateway: gateway.value.address });
}

function onLink(written: string): Parsed<Route> {
  const subnet = parseDestination(written);
  if (subnet.kind === "fault") return fault(`subnet ${quoted(written)}: ${subnet.reason}`);
  if (subnet.value.prefix === 0) {
    return fault(`everything cannot be on the link: expected ${written}:GATEWAY, or gateway=GATEWAY`);
  }
  return valueOf({ subnet: subnet.value });
}

/** Addresses of gateways for everything else; `none` takes back what the ConfigMap gives. */
export function parseGateway(text: string): Parsed<Ip | "none"> {
  return text === "none" ? valueOf("none") : parseAddress(text);
}

/** `SUBNET,…`; an address alone means that host. */
export function parseSubnets(text: string): Parsed<readonly Cidr[]> {
  const subnets: Cidr[] = [];
  for (const word of text.split(",")) {
    const host = word.includes("/") ? undefined : parseAddress(word);
    if (host?.kind === "value") {
      subnets.push({ ...host.value, prefix: hostPrefix(host.value.family) });
      continue;
    }
    const subnet = parseSubnet(word);
    if (subnet.kind === "fault") return fault(`${quoted(word)}: ${subnet.reason}`);
    if (subnet.value.prefix === 0) return fault(`${quoted(word)} is everything: leave out gateway=… instead`);
    subnets.push(subnet.value);
  }
  return valueOf(subnets);
}
