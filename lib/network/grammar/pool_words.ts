// Which addresses do `subnet=`, `range=` and `exclude=` name?
import { quoted } from "../../text/quoted.ts";
import { type Cidr, cidrText, contains, linkLocal, parseAddress, parseSubnet } from "./address.ts";
import { addressAt, type AddressRange, boundsOf, numberOf } from "./address_number.ts";
import { fault, mapped, type Parsed, valueOf } from "./parsed.ts";

/** Reads the subnet that addresses are given from. */
export function parsePoolSubnet(text: string): Parsed<Cidr> {
  const subnet = parseSubnet(text, "a member cannot have");
  if (subnet.kind === "fault") return subnet;
  if (subnet.value.prefix < 8) {
    return fault("it is too large to be that of a network: expected a prefix length of 8 or more");
  }
  if (contains(linkLocal, subnet.value.address) || contains(subnet.value, linkLocal.address)) {
    return fault(
      "kernels give themselves link-local addresses: expected another subnet, such as fd00:10::/64",
    );
  }
  // Loopback, IPv4-mapped and IPv4-compatible addresses are in there.
  if (subnet.value.address === "::") return fault("expected another subnet, such as fd00:10::/64");
  return subnet;
}

/** Reads `FIRST-LAST`, or several with commas between them. */
export function parseRanges(text: string): Parsed<readonly AddressRange[]> {
  return all(text, parseRange);
}

/** Reads addresses, ranges and subnets with commas between them. */
export function parseExclusions(text: string): Parsed<readonly AddressRange[]> {
  return all(text, (word) => {
    if (word.includes("/")) return mapped(parseSubnet(word), rangeOf);
    if (word.includes("-")) return parseRange(word);
    return mapped(parseAddress(word), ({ family, address }) => ({ family, first: address, last: address }));
  });
}

/** Every address of a subnet. */
function rangeOf(subnet: Cidr): AddressRange {
  const { first, last } = boundsOf(subnet);
  const { family } = subnet;
  return { family, first: addressAt(first, family) ?? "", last: addressAt(last, family) ?? "" };
}

/** `192.0.2.10-192.0.2.20`, or the one address. */
export function rangeText({ first, last }: AddressRange): string {
  return first === last ? first : `${first}-${last}`;
}

function all(
  text: string,
  parse: (word: string) => Parsed<AddressRange>,
): Parsed<readonly AddressRange[]> {
  const ranges: AddressRange[] = [];
  for (const word of text.split(",")) {
    const read = parse(word);
    if (read.kind === "fault") return text === word ? read : fault(`${quoted(word)}: ${read.reason}`);
    ranges.push(read.value);
  }
  return valueOf(ranges);
}

function parseRange(text: string): Parsed<AddressRange> {
  const dash = text.indexOf("-");
  if (dash < 0) return fault("expected FIRST-LAST, such as 192.0.2.10-192.0.2.99");
  const [first, last] = [parseAddress(text.slice(0, dash)), parseAddress(text.slice(dash + 1))];
  if (first.kind === "fault") return fault(`${quoted(text.slice(0, dash))}: ${first.reason}`);
  if (last.kind === "fault") return fault(`${quoted(text.slice(dash + 1))}: ${last.reason}`);
  if (first.value.family !== last.value.family) return fault("expected two addresses of one family");
  if (numberOf(first.value.address) > numberOf(last.value.address)) {
    return fault("its first address is behind its last one: expected FIRST-LAST");
  }
  return valueOf({ family: first.value.family, first: first.value.address, last: last.value.address });
}

/** `192.0.2.0/24`, for messages that list subnets. */
export function subnetsText(subnets: readonly Cidr[]): string {
  return subnets.map(cidrText).join(", ");
}
