// Which names may networks, interfaces and devices have.
import { fault, type Parsed, valueOf } from "./parsed.ts";

/** Bytes that a network's name may have: the alias of its link names it, and an alias has 255. */
const longestNetworkName = 63;

/** Bytes of an interface name: IFNAMSIZ of the kernel, less the terminating zero. */
const longestInterfaceName = 15;

/**
 * Words that no interface of ours is called. `lo` exists in every pod, and the kernel refuses `all` and `default`
 * (they are directories of net.ipv4.conf). The others are keywords of iproute2: our commands put `dev` or `name`
 * before every interface, but a person's `ip link show type` or `ip route show to` would be read as the keyword
 * (seen with iproute2 6.1), and where a keyword is taken for a name differs from version to version.
 */
const reservedInterfaceNames: ReadonlySet<string> = new Set([
  ...["lo", "all", "default"],
  ...["help", "add", "set", "del", "delete", "show", "list", "flush", "on", "off", "any", "none"],
  ...[
    "dev",
    "name",
    "type",
    "group",
    "link",
    "alias",
    "address",
    "mtu",
    "index",
    "netns",
    "vrf",
    "up",
    "down",
  ],
  ...[
    "master",
    "nomaster",
    "local",
    "remote",
    "peer",
    "self",
    "dst",
    "port",
    "id",
    "vni",
    "vxlan",
    "permanent",
  ],
  ...["scope", "metric", "to", "from", "via", "src", "table", "proto", "protocol", "dynamic", "static"],
]);

/** Reads a network's name. */
export function parseNetworkName(text: string): Parsed<string> {
  return parseName(text, longestNetworkName);
}

/** Reads the name of an interface that we make. */
export function parseInterfaceName(text: string): Parsed<string> {
  const name = parseName(text, longestInterfaceName);
  if (name.kind === "fault" || !reservedInterfaceNames.has(text)) return name;
  return fault("it is a reserved word: expected a name that is no keyword of ip or bridge");
}

/** Reads the name of a device that exists: `lo` and the keywords are nobody's business but the pod's. */
export function parseDeviceName(text: string): Parsed<string> {
  return parseName(text, longestInterfaceName);
}

/** The kernel takes names such as `-batch` or `$(id)`; commands and file names are safe with these characters only. */
function parseName(text: string, longest: number): Parsed<string> {
  if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(text)) {
    return fault(
      'expected a name that begins with a letter and goes on with letters, digits, "_", "." or "-"',
    );
  }
  if (text.length > longest) return fault(`it has ${text.length} characters: expected at most ${longest}`);
  return valueOf(text);
}
