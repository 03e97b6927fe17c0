// What does one `ip=` ask for: an address, one counted from the pod's ordinal, or none at all.
import { type Cidr, cidrText, parseAddress, parseCidr } from "./address.ts";
import { addressAt, boundsOf, hostBoundsOf, isWithin, numberOf } from "./address_number.ts";
import { fault, mapped, type Parsed, valueOf } from "./parsed.ts";

/** The value of one `ip=`. */
export type RequestedAddress =
  | { readonly kind: "address"; readonly cidr: Cidr }
  /** `base` and the ordinal of the pod added. */
  | { readonly kind: "ordinal"; readonly base: Cidr }
  /** No address from the network's pool either. */
  | { readonly kind: "none" };

const ordinalMark = "+ordinal";

/** Reads `ADDRESS/LENGTH`, `ADDRESS/LENGTH+ordinal` or `none`. */
export function parseRequestedAddress(text: string): Parsed<RequestedAddress> {
  if (text === "none") return valueOf({ kind: "none" });
  if (text.endsWith(ordinalMark)) {
    return mapped(parseCidr(text.slice(0, -ordinalMark.length)), (base) => ({ kind: "ordinal", base }));
  }
  const cidr = parseCidr(text);
  if (cidr.kind === "fault" && text.includes("+")) {
    return fault(
      `expected ${ordinalMark} and nothing else behind the prefix length, such as 192.0.2.10/24+ordinal`,
    );
  }
  return mapped(cidr, (value) => ({ kind: "address", cidr: value }));
}

/** The address that a request comes to; none for `none`. The fault is a clause for the end of a sentence. */
export function addressFor(
  request: RequestedAddress,
  { ordinal }: { readonly ordinal: number | undefined },
): Parsed<readonly Cidr[]> {
  switch (request.kind) {
    case "none":
      return valueOf([]);
    case "address":
      return valueOf([request.cidr]);
    case "ordinal":
      return mapped(counted(request.base, ordinal), (cidr) => [cidr]);
    default:
      return request satisfies never;
  }
}

function counted(base: Cidr, ordinal: number | undefined): Parsed<Cidr> {
  const text = `ip=${cidrText(base)}${ordinalMark}`;
  if (ordinal === undefined) {
    return fault(
      `${text} needs a pod with an ordinal: one of a StatefulSet or of an Indexed Job; ` +
        "write the address itself, or leave ip out where the network has a pool",
    );
  }
  const number = numberOf(base.address) + BigInt(ordinal);
  const address = addressAt(number, base.family);
  const hosts = hostBoundsOf(base);
  if (address === undefined || !isWithin({ address }, hosts)) {
    const found = address ?? "no address";
    return fault(`${text} gives the pod with ordinal ${ordinal} ${found}: expected ${hostsText(base)}`);
  }
  const host = parseAddress(address);
  if (host.kind === "fault") {
    return fault(`${text} gives the pod with ordinal ${ordinal} ${address}: ${host.reason}`);
  }
  return valueOf({ ...base, address });
}

/** `192.0.2.7`, or `one from 192.0.2.1 to 192.0.2.254, without network and broadcast address`. */
function hostsText(base: Cidr): string {
  const { family } = base;
  const hosts = hostBoundsOf(base);
  const [first = "", last = ""] = [addressAt(hosts.first, family), addressAt(hosts.last, family)];
  if (first === last) return first;
  const without = hosts.first === boundsOf(base).first
    ? ""
    : family === 4
    ? ", without network and broadcast address"
    : ", without the address of its routers";
  return `one from ${first} to ${last}${without}`;
}
