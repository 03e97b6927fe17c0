// Default, ConfigMap and annotation merged: what a pod's networks are, and which it cannot have, and why.
import assert from "node:assert/strict";
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
} from "../../lib/network/cluster_networks.ts";
import { type Cidr, cidrText } from "../../lib/network/grammar/address.ts";
import { parseAnnotation } from "../../lib/network/grammar/annotation.ts";
import type { Network } from "../../lib/network/network.ts";
import { type Resolution, resolveNetworks } from "../../lib/network/resolve.ts";

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const where = "ConfigMap kube-system/kube-vxlan-controller";
const seed = { vxeth0: "id=1000", vxeth1: "id=1001" };

interface Row {
  readonly it: string;
  readonly annotation: string;
  /** The ConfigMap at one look after the other; default: the seed's. */
  readonly looks?: readonly Readonly<Record<string, string>>[];
  readonly namespace?: string;
  readonly restrictPods?: true;
  /** The pod's number in its StatefulSet. */
  readonly ordinal?: number;
  /** The annotation that it had before, at the first of the looks: what it has is what that gave. */
  readonly had?: string;
  /** What must go. */
  readonly forbidden?: readonly string[];
  /** As `shown` writes them. */
  readonly networks?: readonly string[];
  readonly unresolved?: readonly string[];
  /** `kind, line: message`. */
  readonly problems?: readonly string[];
  readonly warnings?: readonly string[];
}

const merging: readonly Row[] = [
  {
    it: "the seed's use",
    annotation: "vxeth0, vxeth1",
    networks: ["vxeth0: vxeth0 1000:8472 on eth0", "vxeth1: vxeth1 1001:8472 on eth0"],
  },
  {
    it: "the seed's overrides",
    annotation: "vxeth0 id=1000 dev=tun0, vxeth1",
    looks: [{ vxeth0: "id=7 dev=tun1", vxeth1: "id=1001 dev=tun1" }],
    networks: ["vxeth0: vxeth0 1000:8472 on tun0", "vxeth1: vxeth1 1001:8472 on tun1"],
  },
  {
    it: "the seed example's second deployment",
    annotation: "vxeth0\n  dev=eth0\nvxeth1\n  name=storage",
    networks: ["vxeth0: vxeth0 1000:8472 on eth0", "vxeth1: storage 1001:8472 on eth0"],
  },
  {
    it: "the routed example",
    annotation: "west\n  ip=192.168.11.2/29\n  route=192.168.12.0/29:192.168.11.1",
    looks: [{ west: "id=101", east: "id=102" }],
    networks: ["west: west 101:8472 on eth0, 192.168.11.2/29, 192.168.12.0/29 via 192.168.11.1"],
  },
  {
    it: "every option of the ConfigMap",
    annotation: "n",
    looks: [{ n: "id=1 name=x dev=y up=false mtu=1400 dstport=4789 family=6 route=10.0.0.0/8:10.1.0.1" }],
    networks: ["n: x 1:4789 on y, IPv6, untouched, mtu 1400, 10.0.0.0/8 via 10.1.0.1"],
  },
  {
    it: "every option of the annotation, over the ConfigMap's",
    annotation: "n id=2 name=a dev=b up mtu=1300 dstport=8472 mac=02:00:00:00:00:01",
    looks: [{ n: "id=1 name=x dev=y up=false mtu=1400 dstport=4789" }],
    networks: ["n: a 2:8472 on b, mtu 1300, 02:00:00:00:00:01"],
  },
  {
    it: "a gateway and the same as a route are one",
    annotation: "n gateway=10.0.0.1 route=0.0.0.0/0:10.0.0.1 route=::/0:fd00::1 gateway=fd00:0::1",
    networks: ["n: n 1:8472 on eth0, 0.0.0.0/0 via 10.0.0.1, ::/0 via fd00::1"],
    looks: [{ n: "id=1" }],
  },
  {
    it: "the same in the ConfigMap",
    annotation: "n",
    networks: ["n: n 1:8472 on eth0, 0.0.0.0/0 via 10.0.0.1"],
    looks: [{ n: "id=1 route=0.0.0.0/0:10.0.0.1 gateway=10.0.0.1" }],
  },
  {
    it: "one of them from each",
    annotation: "m gateway=10.1.0.1",
    networks: ["m: m 2:8472 on eth0, 10.3.0.0/16 via 10.1.0.9, 0.0.0.0/0 via 10.1.0.1"],
    looks: [{ m: "id=2 route=0.0.0.0/0:10.1.0.1 route=10.3.0.0/16:10.1.0.9" }],
  },
  {
    it: "one of them from each, the other way round",
    annotation: "n route=0.0.0.0/0:10.0.0.1",
    networks: ["n: n 1:8472 on eth0, 0.0.0.0/0 via 10.0.0.1"],
    looks: [{ n: "id=1 gateway=10.0.0.1" }],
  },
  {
    it: "the annotation's default route takes the place of the ConfigMap's, however it is written",
    annotation: "n route=0.0.0.0/0:10.0.0.9",
    networks: ["n: n 1:8472 on eth0, 0.0.0.0/0 via 10.0.0.9, ::/0 via fd00::1"],
    looks: [{ n: "id=1 gateway=10.0.0.1 gateway=fd00::1" }],
  },
  {
    it: "another gateway for one pod",
    annotation: "n gateway=10.0.0.9",
    networks: ["n: n 1:8472 on eth0, 0.0.0.0/0 via 10.0.0.9"],
    looks: [{ n: "id=1 route=0.0.0.0/0:10.0.0.1" }],
  },
  {
    it: "no gateway for one pod, whose ConfigMap has it as a route",
    annotation: "n gateway=none",
    networks: ["n: n 1:8472 on eth0, 10.3.0.0/16 via 10.0.0.1"],
    looks: [{ n: "id=1 route=10.3.0.0/16:10.0.0.1 route=0.0.0.0/0:10.0.0.1 except=10.9.0.0/16" }],
  },
  {
    it: "one route written twice",
    annotation:
      "n route=10.3.0.0/16:10.0.0.1 route=10.3.0.0/16:10.0.0.1 route=fd01::/64:fd00::1 route=fd01:0::/64:fd00:0::1",
    networks: ["n: n 1:8472 on eth0, 10.3.0.0/16 via 10.0.0.1, fd01::/64 via fd00::1"],
    looks: [{ n: "id=1" }],
  },
  {
    it: "one group written twice",
    annotation: "n route=224.0.0.0/4 route=224.0.0.0/4",
    networks: ["n: n 1:8472 on eth0, 224.0.0.0/4 on link"],
    looks: [{ n: "id=1" }],
  },
  {
    it: "routes of the annotation replace all of the ConfigMap's",
    annotation: "n route=10.2.0.0/16:10.0.0.1",
    looks: [{ n: "id=1 route=10.3.0.0/16:10.0.0.1 route=10.4.0.0/16:10.0.0.1" }],
    networks: ["n: n 1:8472 on eth0, 10.2.0.0/16 via 10.0.0.1"],
  },
  {
    it: "networks come sorted",
    annotation: "b id=2, a id=1",
    networks: ["a: a 1:8472 on eth0", "b: b 2:8472 on eth0"],
  },
  {
    it: "an id of the annotation alone is enough",
    annotation: "x id=5",
    looks: [{}],
    networks: ["x: x 5:8472 on eth0"],
  },
  { it: "nothing asked for", annotation: "" },
  {
    it: "a kept network is for everybody",
    annotation: "a",
    looks: [{ a: "id=1", b: "2" }, { a: "id=x", b: "2" }],
    networks: ["a: a 1:8472 on eth0"],
  },
  {
    it: "a removed network stays with those who have it",
    annotation: "a",
    looks: [{ a: "id=1", b: "2" }, { b: "2" }],
    had: "a",
    networks: ["a: a 1:8472 on eth0"],
  },
  {
    it: "equal VNI on another port is another segment",
    annotation: "a id=5, b id=5 dstport=4789",
    networks: ["a: a 5:8472 on eth0", "b: b 5:4789 on eth0"],
  },
  {
    it: "one network on the interface of another",
    annotation: "a id=5, b id=6 dev=a",
    networks: ["a: a 5:8472 on eth0", "b: b 6:8472 on a"],
  },
  {
    it: "an IPv6 route beside the kernel's own is fine",
    annotation: "a id=5 ip=fd00::2/64 route=fd00::/64:fd00::1",
    networks: ["a: a 5:8472 on eth0, fd00::2/64, fd00::/64 via fd00::1"],
  },
  {
    it: "one link-local address on two interfaces",
    annotation: "a id=5 ip=fe80::1/64, b id=6 ip=fe80::1/64",
    networks: ["a: a 5:8472 on eth0, fe80::1/64", "b: b 6:8472 on eth0, fe80::1/64"],
  },
  {
    it: "an MTU of 1280 carries IPv6",
    annotation: "a id=5 mtu=1280 ip=fd00::2/64",
    networks: ["a: a 5:8472 on eth0, mtu 1280, fd00::2/64"],
  },
  {
    it: "a small MTU carries IPv4",
    annotation: "a id=5 mtu=1279 ip=10.0.0.1/8",
    networks: ["a: a 5:8472 on eth0, mtu 1279, 10.0.0.1/8"],
  },
];

const noId = 'Cannot give the pod network "a": it has no id: ' +
  `key a of ${where} gives none; add id=… there, or write id=… behind its name in the annotation`;

const refusing: readonly Row[] = [
  {
    it: "an unknown network, and the others are had",
    annotation: "vxeth0\nvxeth9",
    networks: ["vxeth0: vxeth0 1000:8472 on eth0"],
    unresolved: ["vxeth9"],
    problems: [
      `unknown-network, 2: Cannot give the pod network "vxeth9": it has no id: ${where} has no key vxeth9; add one with id=…, or write id=… behind its name in the annotation`,
    ],
  },
  {
    it: "a misspelt network, or key, and not one that is for others",
    annotation: "storge, hiden",
    looks: [{ storage: "id=7", hidden: "id=8 namespaces=elsewhere" }],
    unresolved: ["hiden", "storge"],
    problems: [
      `unknown-network, 1: Cannot give the pod network "storge": it has no id: ${where} has no key storge (did you mean storage?); add one with id=…, or write id=… behind its name in the annotation`,
      `unknown-network, 1: Cannot give the pod network "hiden": it has no id: ${where} has no key hiden; add one with id=…, or write id=… behind its name in the annotation`,
    ],
  },
  {
    it: "a key that cannot be a network is no suggestion",
    annotation: "storxge",
    looks: [{ "stor\u0001ge": "id=7" }],
    unresolved: ["storxge"],
    problems: [
      `unknown-network, 1: Cannot give the pod network "storxge": it has no id: ${where} has no key storxge; add one with id=…, or write id=… behind its name in the annotation`,
    ],
  },
  {
    it: "an entry without an id",
    annotation: "a",
    looks: [{ a: "dev=tun0" }],
    unresolved: ["a"],
    problems: [
      `unknown-network, 1: Cannot give the pod network "a": it has no id: key a of ${where} gives none; add id=… there, or write id=… behind its name in the annotation`,
    ],
  },
  {
    it: "an entry that cannot be read",
    annotation: "a",
    looks: [{ a: "id=x" }],
    unresolved: ["a"],
    problems: [
      `unknown-network, 1: Cannot give the pod network "a": it has no id: key a of ${where} cannot be read (status says why); mend it, or write id=… behind its name in the annotation`,
    ],
  },
  {
    it: "a removed network, to a newcomer",
    annotation: "a",
    looks: [{ a: "id=1", b: "2" }, { b: "2" }],
    unresolved: ["a"],
    problems: [
      `unknown-network, 1: Cannot give the pod network "a": it has no id: ${where} has no key a (did you mean b?); add one with id=…, or write id=… behind its name in the annotation`,
    ],
  },
  ...[
    { it: "nothing", own: "" },
    { it: "its interface", own: " name=a" },
    { it: "its addresses, in another order", own: " ip=fd00::1/64 ip=10.0.0.1/8" },
    { it: "its way", own: " route=10.1.0.0/16:10.0.0.9" },
  ].map(({ it, own }) => ({
    it: `a key that gives no id any more, to one that has the network and says ${it}`,
    had: "a ip=10.0.0.1/8 ip=fd00::1/64 route=10.1.0.0/16:10.0.0.9",
    annotation: `a${own}`,
    looks: [{ a: "id=1 mtu=1400" }, { a: "mtu=1400" }],
    networks: [
      "a: a 1:8472 on eth0, mtu 1400, 10.0.0.1/8, fd00::1/64, 10.1.0.0/16 via 10.0.0.9",
    ],
    warnings: [`unknown-network, 1: ${noId}; until then the pod keeps it as it was`],
  })),
  ...["name=b", "dev=eth1", "dstport=4789", "up=false", "mtu=1300", "ip=10.0.0.2/8", "gateway=10.0.0.9"].map((
    own,
  ) => ({
    it: `a key that gives no id any more, to one that has the network and wants another ${own}`,
    had: "a ip=10.0.0.1/8",
    annotation: `a ${own}`,
    looks: [{ a: "id=1" }, { a: "type=vxlan" }],
    networks: ["a: a 1:8472 on eth0, 10.0.0.1/8"],
    problems: [`unknown-network, 1: ${noId}; until then the pod keeps it as it was`],
  })),
  {
    it: "a broken entry is named, and said by the grammar already",
    annotation: "vxeth0 id=x, vxeth1",
    networks: ["vxeth1: vxeth1 1001:8472 on eth0"],
    unresolved: ["vxeth0"],
  },
  {
    it: "a network name too long for an interface",
    annotation: "a-long-network-name id=5",
    unresolved: ["a-long-network-name"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a-long-network-name": its name cannot be that of its interface: it has 19 characters: expected at most 15; give the interface another with name=…',
    ],
  },
  {
    it: "a long network name with an interface name",
    annotation: "a-long-network-name id=5 name=x",
    networks: [
      "a-long-network-name: x 5:8472 on eth0",
    ],
  },
  {
    it: "a network called like a keyword",
    annotation: "default id=5",
    unresolved: ["default"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "default": its name cannot be that of its interface: it is a reserved word: expected a name that is no keyword of ip or bridge; give the interface another with name=…',
    ],
  },
  {
    it: "an MTU too small for IPv6 addresses",
    annotation: "a id=5 mtu=1279 ip=fd00::2/64",
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": mtu=1279 is too small for its IPv6 addresses or routes: expected at least 1280',
    ],
  },
  {
    it: "an MTU too small for the ConfigMap's IPv6 route",
    annotation: "a mtu=1279",
    looks: [{ a: "id=5 route=fd00::/64:fd01::1" }],
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": mtu=1279 is too small for its IPv6 addresses or routes: expected at least 1280',
    ],
  },
  {
    it: "an MTU too small for an IPv6 gateway is a problem, for that is a route too",
    annotation: "a id=1 mtu=1279 gateway=fd00::1",
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": mtu=1279 is too small for its IPv6 addresses or routes: expected at least 1280',
    ],
  },
];

const conflicting: readonly Row[] = [
  {
    it: "two interfaces of one name: the first named stands",
    annotation: "b id=2 name=x\na id=1 name=x",
    networks: ["b: x 2:8472 on eth0"],
    unresolved: ["a"],
    problems: [
      'conflict, 2: Cannot give the pod network "a": interface x is already that of network "b": give name=…',
    ],
  },
  {
    it: "one VNI and port twice",
    annotation: "a id=5, b id=5",
    networks: ["a: a 5:8472 on eth0"],
    unresolved: ["b"],
    problems: [
      'conflict, 1: Cannot give the pod network "b": id 5 with port 8472 is already that of network "a": a pod has one interface for each pair of id and dstport',
    ],
  },
  {
    it: "an interface on itself",
    annotation: "eth0 id=5",
    unresolved: ["eth0"],
    problems: [
      'conflict, 1: Cannot give the pod network "eth0": interface eth0 cannot be made on itself: give name=… or dev=…',
    ],
  },
  {
    it: "one address twice, whatever its length",
    annotation: "a id=5 ip=10.0.0.1/24, b id=6 ip=10.0.0.1/16",
    networks: ["a: a 5:8472 on eth0, 10.0.0.1/24"],
    unresolved: ["b"],
    problems: [
      'conflict, 1: Cannot give the pod network "b": address 10.0.0.1 is already that of network "a"',
    ],
  },
  {
    it: "one address twice in a network, written in two ways",
    annotation: "a id=5 ip=fd00::1/64 ip=fd00:0::1/64",
    unresolved: ["a"],
    problems: [
      'conflict, 1: Cannot give the pod network "a": address fd00::1 is already that of this network',
    ],
  },
  {
    it: "one subnet routed twice",
    annotation: "a id=5 route=10.0.0.0/8:192.168.0.1, b id=6 route=10.0.0.0/8:192.168.1.1",
    networks: ["a: a 5:8472 on eth0, 10.0.0.0/8 via 192.168.0.1"],
    unresolved: ["b"],
    problems: [
      'conflict, 1: Cannot give the pod network "b": subnet 10.0.0.0/8 is already routed by network "a"',
    ],
  },
  {
    it: "a chain of gateways: who has the address of the one goes through the other",
    annotation: "a ip=10.1.0.1/24, b ip=10.2.0.9/24",
    looks: [{ a: "id=5 gateway=10.1.0.1", b: "id=6 gateway=10.2.0.1" }],
    networks: [
      "a: a 5:8472 on eth0, 10.1.0.1/24, 0.0.0.0/0 via 10.1.0.1",
      "b: b 6:8472 on eth0, 10.2.0.9/24, 0.0.0.0/0 via 10.2.0.1",
    ],
  },
  {
    it: "gateways in two networks",
    annotation: "a id=5 gateway=10.1.0.1, b id=6 route=0.0.0.0/0:10.2.0.1",
    networks: ["a: a 5:8472 on eth0, 0.0.0.0/0 via 10.1.0.1"],
    unresolved: ["b"],
    problems: [
      'conflict, 1: Cannot give the pod network "b": subnet 0.0.0.0/0 is already routed by network "a"',
    ],
  },
  {
    it: "two gateways of one network, one of them written as a route",
    annotation: "a id=5 gateway=10.1.0.1 route=0.0.0.0/0:10.1.0.2",
    unresolved: ["a"],
    problems: [
      'conflict, 1: Cannot give the pod network "a": subnet 0.0.0.0/0 is already routed by this network',
    ],
  },
  {
    it: "no gateway beside one",
    annotation: "a id=5 gateway=none gateway=10.1.0.1, b id=6 gateway=none route=::/0:fd00::1",
    unresolved: ["a", "b"],
    problems: ["a", "b"].map((name) =>
      `invalid-option, 1: Cannot give the pod network "${name}": gateway=none stands beside a gateway or a default ` +
      "route: keep one of them"
    ),
  },
  {
    it: "one subnet routed twice in a network",
    annotation: "a id=5 route=10.0.0.0/8:192.168.0.1 route=10.0.0.0/8:192.168.0.2",
    unresolved: ["a"],
    problems: [
      'conflict, 1: Cannot give the pod network "a": subnet 10.0.0.0/8 is already routed by this network',
    ],
  },
  {
    it: "a subnet that the kernel routes because an address is in it",
    annotation: "a id=5 ip=10.0.0.2/24 route=10.0.0.0/24:10.0.0.1",
    unresolved: ["a"],
    problems: [
      'conflict, 1: Cannot give the pod network "a": subnet 10.0.0.0/24 needs no route: an address of this network is in it',
    ],
  },
  {
    it: "the same across networks, the address later",
    annotation: "a id=5 route=10.0.0.0/24:192.168.0.1, b id=6 ip=10.0.0.2/24",
    networks: ["a: a 5:8472 on eth0, 10.0.0.0/24 via 192.168.0.1"],
    unresolved: ["b"],
    problems: [
      'conflict, 1: Cannot give the pod network "b": subnet 10.0.0.0/24 of its address is already routed by network "a"',
    ],
  },
  {
    it: "a single address is in no subnet",
    annotation: "a id=5 ip=10.0.0.2/32, b id=6 route=10.0.0.2/32:192.168.0.1",
    networks: ["a: a 5:8472 on eth0, 10.0.0.2/32", "b: b 6:8472 on eth0, 10.0.0.2/32 via 192.168.0.1"],
  },
  {
    it: "several conflicts are all told, and what conflicts takes nothing",
    annotation: "a id=5 ip=10.0.0.1/8\nb id=5 name=a ip=10.0.0.9/8\nc id=6 ip=10.0.0.9/8",
    networks: ["a: a 5:8472 on eth0, 10.0.0.1/8", "c: c 6:8472 on eth0, 10.0.0.9/8"],
    unresolved: ["b"],
    problems: [
      'conflict, 2: Cannot give the pod network "b": interface a is already that of network "a": give name=…',
      'conflict, 2: Cannot give the pod network "b": id 5 with port 8472 is already that of network "a": a pod has one interface for each pair of id and dstport',
    ],
  },
];

const remedy = `to let it in, add it to namespaces=… in ${where}`;

const forbidding: readonly Row[] = [
  {
    it: "a namespace that is listed",
    annotation: "a",
    namespace: "web",
    looks: [{ a: "1 namespaces=db,web" }],
    networks: [
      "a: a 1:8472 on eth0",
    ],
  },
  {
    it: "all namespaces",
    annotation: "a",
    namespace: "web",
    looks: [{ a: "1 namespaces=*" }],
    networks: [
      "a: a 1:8472 on eth0",
    ],
  },
  {
    it: "a namespace that is not listed",
    annotation: "a",
    namespace: "web",
    looks: [{ a: "1 namespaces=db" }],
    unresolved: ["a"],
    problems: [`forbidden, 1: Cannot give the pod network "a": it is not for namespace "web"; ${remedy}`],
  },
  {
    it: "its own id does not open a closed network",
    annotation: "a id=2",
    namespace: "web",
    looks: [{ a: "1 namespaces=db" }],
    unresolved: ["a"],
    problems: [`forbidden, 1: Cannot give the pod network "a": it is not for namespace "web"; ${remedy}`],
  },
  {
    it: "a closed network without an id is forbidden, not unknown",
    annotation: "a",
    namespace: "web",
    looks: [{ a: "namespaces=db" }],
    unresolved: ["a"],
    problems: [`forbidden, 1: Cannot give the pod network "a": it is not for namespace "web"; ${remedy}`],
  },
  {
    it: "a closed VNI by an id of the pod",
    annotation: "x id=1 dstport=4789",
    namespace: "web",
    looks: [{ a: "1 namespaces=db" }],
    unresolved: ["x"],
    problems: [
      `forbidden, 1: Cannot give the pod network "x": id 1 is that of network "a", not for namespace "web"; ${remedy}`,
    ],
  },
  {
    it: "a closed VNI by another, open key",
    annotation: "b",
    namespace: "web",
    looks: [{ a: "1 namespaces=db", b: "1" }],
    unresolved: ["b"],
    problems: [
      `forbidden, 1: Cannot give the pod network "b": id 1 is that of network "a", not for namespace "web"; ${remedy}`,
    ],
  },
  {
    it: "a closed VNI by another key that lists the namespace",
    annotation: "b",
    namespace: "web",
    looks: [{ a: "1 namespaces=db", b: "1 namespaces=web" }],
    networks: ["b: b 1:8472 on eth0"],
  },
  {
    it: "a closed network is closed to others while its entry is kept",
    annotation: "x id=1",
    namespace: "web",
    looks: [{ a: "1 namespaces=db", b: "2" }, { a: "id=x", b: "2" }],
    unresolved: ["x"],
    problems: [
      `forbidden, 1: Cannot give the pod network "x": id 1 is that of network "a", not for namespace "web"; ${remedy}`,
    ],
  },
  {
    it: "the VNI of a removed network is not free while somebody has it",
    annotation: "x id=1",
    namespace: "web",
    looks: [{ a: "1 namespaces=db", b: "2" }, { b: "2" }],
    unresolved: ["x"],
    problems: [
      `forbidden, 1: Cannot give the pod network "x": id 1 is that of network "a", not for namespace "web"; to let it in, add it to namespaces=… in ${where}`,
    ],
  },
  {
    it: "restricted pods may have what the ConfigMap names",
    annotation: "vxeth0 name=x mtu=1400 ip=10.0.0.1/8",
    restrictPods: true,
    networks: ["vxeth0: x 1000:8472 on eth0, mtu 1400, 10.0.0.1/8"],
  },
  {
    it: "restricted pods give no id and no dev, not even the ConfigMap's",
    annotation: "vxeth0 id=1000 dev=eth0",
    restrictPods: true,
    unresolved: ["vxeth0"],
    problems: [
      `forbidden, 1: Cannot give the pod network "vxeth0": option id is for ${where} only in this cluster: leave it out`,
      `forbidden, 1: Cannot give the pod network "vxeth0": option dev is for ${where} only in this cluster: leave it out`,
    ],
  },
  {
    it: "restricted pods name no network of their own",
    annotation: "x",
    restrictPods: true,
    unresolved: ["x"],
    problems: [
      `forbidden, 1: Cannot give the pod network "x": ${where} has no key x, and pods may have no other networks`,
    ],
  },
  {
    it: "restricted pods are not told to write an id",
    annotation: "a",
    looks: [{ a: "dev=tun0" }],
    restrictPods: true,
    unresolved: ["a"],
    forbidden: [],
    problems: [
      `unknown-network, 1: Cannot give the pod network "a": it has no id: key a of ${where} gives none; add id=… there`,
    ],
  },
  {
    it: "restricted pods keep a removed network that they have",
    annotation: "a",
    looks: [{ a: "1", b: "2" }, { b: "2" }],
    had: "a",
    restrictPods: true,
    networks: ["a: a 1:8472 on eth0"],
  },
];

function clusterAfter(looks: readonly Readonly<Record<string, string>>[]): ClusterNetworks {
  return looks.reduce<ClusterNetworks>(
    (previous, data) => readClusterNetworks(data, { previous, configMap }),
    noClusterNetworks,
  );
}

function shown(network: Network): string {
  return [
    `${network.name}: ${network.interfaceName} ${network.vni}:${network.port} on ${network.underlay}`,
    ...(network.family === 6 ? ["IPv6"] : []),
    ...(network.up ? [] : ["untouched"]),
    ...(network.mtu === undefined ? [] : [`mtu ${network.mtu}`]),
    ...(network.mac === undefined ? [] : [network.mac]),
    ...network.addresses.map(cidrText),
    ...network.routes.map(({ subnet, gateway }) =>
      gateway === undefined ? `${cidrText(subnet)} on link` : `${cidrText(subnet)} via ${gateway}`
    ),
  ].join(", ");
}

function resolution(
  annotation: string,
  { row, looks, had, given }: {
    readonly row: Row;
    readonly looks: NonNullable<Row["looks"]>;
    readonly had: readonly Network[];
    /** By the pool of network a. */
    readonly given?: Cidr;
  },
): Resolution {
  const namespace = row.namespace ?? "default";
  const source = { kind: "annotation", key: "networks", namespace, pod: "a" } as const;
  const { entries, complete } = parseAnnotation(annotation, source);
  return resolveNetworks(entries, {
    cluster: clusterAfter(looks),
    source,
    namespace,
    configMap,
    restrictPods: row.restrictPods === true,
    complete,
    ...(row.ordinal !== undefined && { ordinal: row.ordinal }),
    lastGood: new Map(had.map((network) => [network.name, network])),
    ...(given !== undefined && { answers: new Map([["a", { kind: "given", addresses: [given] }]]) }),
  });
}

const counting: readonly Row[] = [
  {
    it: "an address counted from the ordinal",
    annotation: "a id=5 ip=192.168.10.10/24+ordinal ip=fd00::10/64+ordinal",
    ordinal: 6,
    networks: ["a: a 5:8472 on eth0, 192.168.10.16/24, fd00::16/64"],
  },
  {
    it: "the first of all",
    annotation: "a id=5 ip=192.168.10.10/24+ordinal",
    ordinal: 0,
    networks: ["a: a 5:8472 on eth0, 192.168.10.10/24"],
  },
  {
    it: "over the end of an octet",
    annotation: "a id=5 ip=192.168.10.250/16+ordinal",
    ordinal: 10,
    networks: ["a: a 5:8472 on eth0, 192.168.11.4/16"],
  },
  {
    it: "a pod without an ordinal",
    annotation: "a id=5 ip=192.168.10.10/24+ordinal, b id=6",
    networks: ["b: b 6:8472 on eth0"],
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.10/24+ordinal needs a pod with an ordinal: ' +
      "one of a StatefulSet or of an Indexed Job; write the address itself, or leave ip out where the network has a pool",
    ],
  },
  {
    it: "the broadcast address",
    annotation: "a id=5 ip=192.168.10.250/24+ordinal",
    ordinal: 5,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.250/24+ordinal gives the pod with ordinal 5 ' +
      "192.168.10.255: expected one from 192.168.10.1 to 192.168.10.254, without network and broadcast address",
    ],
  },
  {
    it: "the network address",
    annotation: "a id=5 ip=192.168.10.0/24+ordinal",
    ordinal: 0,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.0/24+ordinal gives the pod with ordinal 0 ' +
      "192.168.10.0: expected one from 192.168.10.1 to 192.168.10.254, without network and broadcast address",
    ],
  },
  {
    it: "outside the subnet",
    annotation: "a id=5 ip=fd00::fffe/112+ordinal",
    ordinal: 2,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=fd00::fffe/112+ordinal gives the pod with ordinal 2 ' +
      "fd00::1:0: expected one from fd00::1 to fd00::ffff, without the address of its routers",
    ],
  },
  {
    it: "behind the last of all addresses",
    annotation: "a id=5 ip=223.255.255.250/2+ordinal",
    ordinal: 2147483647,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=223.255.255.250/2+ordinal gives the pod with ordinal ' +
      "2147483647 no address: expected one from 192.0.0.1 to 255.255.255.254, without network and broadcast address",
    ],
  },
  {
    it: "an address that no host may have",
    annotation: "a id=5 ip=223.255.255.250/2+ordinal",
    ordinal: 6,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=223.255.255.250/2+ordinal gives the pod with ordinal 6 ' +
      "224.0.0.0: expected the address of one host, not a multicast address",
    ],
  },
  {
    it: "a base that is the broadcast address itself",
    annotation: "a id=5 ip=192.168.10.255/24+ordinal",
    ordinal: 0,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.255/24+ordinal gives the pod with ordinal 0 ' +
      "192.168.10.255: expected one from 192.168.10.1 to 192.168.10.254, without network and broadcast address",
    ],
  },
  {
    it: "two addresses with a broadcast address in no subnet: both of a /31",
    annotation: "a id=5 ip=192.168.10.6/31+ordinal ip=fd00::6/127+ordinal",
    ordinal: 1,
    networks: ["a: a 5:8472 on eth0, 192.168.10.7/31, fd00::7/127"],
  },
  {
    it: "the third of a /31",
    annotation: "a id=5 ip=192.168.10.6/31+ordinal",
    ordinal: 2,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.6/31+ordinal gives the pod with ordinal 2 ' +
      "192.168.10.8: expected one from 192.168.10.6 to 192.168.10.7",
    ],
  },
  {
    it: "the second of a single address",
    annotation: "a id=5 ip=192.168.10.6/32+ordinal",
    ordinal: 1,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.6/32+ordinal gives the pod with ordinal 1 ' +
      "192.168.10.7: expected 192.168.10.6",
    ],
  },
  {
    it: "several, of which one has no room",
    annotation: "a id=5 ip=192.168.10.10/24+ordinal ip=192.168.20.250/24+ordinal ip=fd00::1/64",
    ordinal: 6,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.20.250/24+ordinal gives the pod with ordinal 6 ' +
      "192.168.21.0: expected one from 192.168.20.1 to 192.168.20.254, without network and broadcast address",
    ],
  },
  {
    it: "two that meet at one address",
    annotation: "a id=5 ip=10.0.0.1/24+ordinal ip=10.0.0.4/24",
    ordinal: 3,
    unresolved: ["a"],
    problems: [
      'conflict, 1: Cannot give the pod network "a": address 10.0.0.4 is already that of this network',
    ],
  },
  {
    it: "the first of an IPv6 subnet, that of its routers",
    annotation: "a id=5 ip=fd00::/64+ordinal",
    ordinal: 0,
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=fd00::/64+ordinal gives the pod with ordinal 0 ' +
      "fd00::: expected one from fd00::1 to fd00::ffff:ffff:ffff:ffff, without the address of its routers",
    ],
  },
  {
    it: "none beside one",
    annotation: "a id=5 ip=none ip=10.0.0.1/8",
    unresolved: ["a"],
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=none stands beside another ip=…: keep one of them',
    ],
  },
  {
    it: "a StatefulSet that has grown out of its subnet keeps what it had",
    had: "a id=5 ip=10.0.0.1/8",
    annotation: "a id=5 ip=192.168.10.250/24+ordinal",
    networks: ["a: a 5:8472 on eth0, 10.0.0.1/8"],
    ordinal: 5,
    problems: [
      'invalid-option, 1: Cannot give the pod network "a": ip=192.168.10.250/24+ordinal gives the pod with ordinal 5 ' +
      "192.168.10.255: expected one from 192.168.10.1 to 192.168.10.254, without network and broadcast address; " +
      "until then the pod keeps it as it was",
    ],
  },
];

for (const row of [...counting, ...merging, ...refusing, ...conflicting, ...forbidding]) {
  Deno.test(`resolveNetworks: ${row.it}`, () => {
    const looks = row.looks ?? [seed];
    const before = resolution(row.had ?? "", { row, looks: looks.slice(0, 1), had: [] });
    const resolved = resolution(row.annotation, { row, looks, had: before.networks });
    assert.deepEqual(resolved.networks.map(shown), row.networks ?? []);
    assert.deepEqual(resolved.unresolved, row.unresolved ?? []);
    assert.deepEqual(
      resolved.forbidden,
      row.forbidden ?? (forbidding.includes(row) ? row.unresolved ?? [] : []),
    );
    const said = (all: Resolution["problems"]): readonly string[] =>
      all.map(({ kind, line, message }) => `${kind}, ${line}: ${message}`);
    assert.deepEqual(said(resolved.problems), row.problems ?? []);
    assert.deepEqual(said(resolved.warnings), row.warnings ?? []);
  });
}

for (const annotation of ["a metric=5", "9a"]) {
  Deno.test(`resolveNetworks: what a pool gives after a typo has come is the pod's: ${annotation}`, () => {
    const row = { it: "", annotation };
    const looks = [{ a: "id=5 subnet=10.0.0.0/24" }];
    const { networks: had } = resolution("a", { row, looks, had: [] });
    const given = { family: 4, address: "10.0.0.1", prefix: 24 } as const;
    const { networks } = resolution(annotation, { row, looks, had, given });
    assert.deepEqual(networks.map(shown), ["a: a 5:8472 on eth0, 10.0.0.1/24"]);
  });
}
