// Which routes are there: a line that `route show table all …` prints, both families in one.
import { cidrText, type Family, hostPrefix, parseIp, readCidr } from "../../network/grammar/address.ts";
import type { ObservedRoute } from "../observation.ts";
import { routeProtocol } from "../step.ts";
import {
  type Foreign,
  objects,
  optionalCount,
  optionalObject,
  optionalText,
  readObjects,
  text,
  unexpected,
} from "./fields.ts";

/** Asks for the routes that are ours. Their protocol, which the question names, is then left out of the answer. */
export const ourRoutes = `route show table all proto ${routeProtocol}`;

/** Routes read of one pod: those that have to do with what is wanted, of which a pod may have a million others. */
export const mostRoutes = 4_096;

/** Reads the line that a question for routes is answered with. Throws a ReadingError, also for more than is read of one pod. */
export function readRoutes(line: string, question = "route show table all"): readonly ObservedRoute[] {
  return readObjects(line, { what: "routes", most: mostRoutes, values: 32 })
    .flatMap((route) => readRoute(route, question === ourRoutes));
}

function readRoute(route: Foreign, areOurs: boolean): readonly ObservedRoute[] {
  const common = {
    subnet: readSubnet(route),
    ours: areOurs || optionalText(route, "protocol") === String(routeProtocol),
    table: optionalText(route, "table") ?? "main",
    metric: optionalCount(route, "metric") ?? 0,
  };
  const type = optionalText(route, "type") ?? "unicast";
  const hops = objects(route, "nexthops");
  return (hops.length > 0 ? hops : [route]).map((hop) => {
    const gateway = readGateway(hop);
    const dev = optionalText(hop, "dev") ?? "";
    return {
      ...common,
      dev,
      ...(gateway === undefined ? {} : { gateway }),
      ...(type === "unicast" ? {} : { type }),
    };
  });
}

/** `default` stands for both families, and hosts come without a length. */
function readSubnet(route: Foreign): string {
  const found = text(route, "dst");
  if (found === "default") return familyOf(route) === 6 ? "::/0" : "0.0.0.0/0";
  const host = parseIp(found);
  if (host !== undefined) return cidrText({ ...host, prefix: hostPrefix(host.family) });
  const cidr = readCidr(found);
  if (cidr === undefined) throw unexpected(route, { field: "dst", expected: "a subnet", found });
  return cidrText(cidr);
}

/** Every IPv6 route has a router preference (`pref`), no IPv4 route has one. */
function familyOf(route: Foreign): Family {
  return route.fields["pref"] === undefined ? 4 : 6;
}

/** The next hop's address; an IPv4 route over an IPv6 hop has it in `via`. */
function readGateway(hop: Foreign): string | undefined {
  const via = optionalObject(hop, "via");
  const found = via === undefined ? optionalText(hop, "gateway") : text(via, "host");
  if (found === undefined) return undefined;
  const ip = parseIp(found);
  if (ip === undefined) throw unexpected(hop, { field: "gateway", expected: "an IP address", found });
  return ip.address;
}
