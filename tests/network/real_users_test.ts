// Do the annotations and ConfigMaps of people who used the Erlang controller still mean what they meant?
import assert from "node:assert/strict";
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { cidrText } from "../../lib/network/grammar/address.ts";
import { parseAnnotation } from "../../lib/network/grammar/annotation.ts";
import { resolveNetworks } from "../../lib/network/resolve.ts";

/** travelping/cennsonic, components/network/kube-vxlan-controller.yaml. */
const cennsonic = { vxeth0: "id=100 up", vxeth1: "id=101 up", vxeth2: "id=102 up", vxeth3: "id=103 up" };
/** openvnf/kube-vxlan-controller, README. */
const upstream = { vxeth0: "id=1000 dev=tun0", vxeth1: "id=1001 up" };

interface Row {
  readonly it: string;
  readonly configMap: Readonly<Record<string, string>>;
  readonly annotation: string;
  /** `interface VNI on underlay up addresses routes`. */
  readonly networks: readonly string[];
}

const rows: readonly Row[] = [
  {
    it: "openvnf/cgw, values.yaml: names in one line",
    configMap: cennsonic,
    annotation: "vxeth0, vxeth1",
    networks: ["vxeth0 100 on eth0 up", "vxeth1 101 on eth0 up"],
  },
  {
    it: "openvnf/sftp-server, tests/outputs/vxlan.yaml: an address and a route on lines of their own",
    configMap: cennsonic,
    annotation: "vxeth0\n  ip=198.18.0.100/24\n  route=198.18.1.0/24:198.18.0.1\n",
    networks: ["vxeth0 100 on eth0 up 198.18.0.100/24 198.18.1.0/24:198.18.0.1"],
  },
  {
    it: "openvnf/sftp-server, its template without address and route: lines of blanks stay",
    configMap: cennsonic,
    annotation: "vxeth0\n  \n  \n",
    networks: ["vxeth0 100 on eth0 up"],
  },
  {
    it: "openvnf/sftp-server, its template with an address only",
    configMap: cennsonic,
    annotation: "vxeth0\n  ip=198.18.0.100/24\n  \n",
    networks: ["vxeth0 100 on eth0 up 198.18.0.100/24"],
  },
  {
    it: "ergw-pgw, templates/ergw-vpp-deployment.yaml: names without blanks",
    configMap: { grx0: "id=200 up", sxb0: "id=201 up", sgi0: "id=202 up" },
    annotation: "grx0,sxb0,sgi0",
    networks: ["grx0 200 on eth0 up", "sgi0 202 on eth0 up", "sxb0 201 on eth0 up"],
  },
  {
    it: "upstream's example, pod a: a flag, an address, a route",
    configMap: cennsonic,
    annotation: "vxeth1\n  up\n  ip=192.168.11.2/29\n  route=192.168.12.0/29:192.168.11.1\n",
    networks: ["vxeth1 101 on eth0 up 192.168.11.2/29 192.168.12.0/29:192.168.11.1"],
  },
  {
    it: "upstream's example, the gateway: two networks on a line each",
    configMap: cennsonic,
    annotation: "vxeth1 up ip=192.168.11.1/29\nvxeth2 up ip=192.168.12.1/29\n",
    networks: ["vxeth1 101 on eth0 up 192.168.11.1/29", "vxeth2 102 on eth0 up 192.168.12.1/29"],
  },
  {
    it: "upstream's README: an underlay of the pod's own",
    configMap: upstream,
    annotation: "vxeth0 dev=tun0, vxeth1",
    networks: ["vxeth0 1000 on tun0 up", "vxeth1 1001 on eth0 up"],
  },
  {
    it: "upstream's README: up at cluster level, and not for this pod",
    configMap: upstream,
    annotation: "vxeth0\n  ip=192.168.10.1/24\nvxeth1\n  up=false\n",
    networks: ["vxeth0 1000 on tun0 up 192.168.10.1/24", "vxeth1 1001 on eth0"],
  },
  {
    it: "the seed's README: options behind the name, and on lines of their own",
    configMap: { vxeth0: "id=1000 dev=tun0", vxeth1: "id=1001" },
    annotation: "vxeth0\n  id=1000\n  dev=tun0\nvxeth1\n",
    networks: ["vxeth0 1000 on tun0 up", "vxeth1 1001 on eth0 up"],
  },
  {
    it: "the seed's README: a name on each line, a device in the annotation wins over that of the ConfigMap",
    configMap: { vxeth0: "id=1000 dev=tun0", vxeth1: "1001", vxeth2: "type=vxlan id=1002 name=net2" },
    annotation: "vxeth0 dev=tun1 id=2000\nvxeth1\nvxeth2\n",
    networks: ["net2 1002 on eth0 up", "vxeth0 2000 on tun1 up", "vxeth1 1001 on eth0 up"],
  },
];

for (const { it, configMap, annotation, networks } of rows) {
  Deno.test(`as before: ${it}`, () => {
    const where = { namespace: "kube-system", name: "kube-vxlan-controller" };
    const cluster = readClusterNetworks(configMap, { previous: noClusterNetworks, configMap: where });
    assert.deepEqual(cluster.problems, []);
    const key = "vxlan.openvnf.org/networks";
    const source = { kind: "annotation", key, namespace: "default", pod: "a" } as const;
    const { entries, complete, problems } = parseAnnotation(annotation, source);
    assert.deepEqual(problems, []);
    const resolved = resolveNetworks(entries, {
      ...{ cluster, source, namespace: "default", configMap: where, restrictPods: false, complete },
      lastGood: new Map(),
    });
    assert.deepEqual(resolved.problems, []);
    const shown = resolved.networks.map((network) => {
      assert.equal(network.pool, undefined, "nobody gets an address that nobody has asked for");
      const { interfaceName, vni, underlay, up, addresses, routes } = network;
      const has = [
        ...addresses.map(cidrText),
        ...routes.map(({ subnet, gateway }) => `${cidrText(subnet)}:${gateway}`),
      ];
      return [interfaceName, vni, "on", underlay, ...up ? ["up"] : [], ...has].join(" ");
    });
    assert.deepEqual(shown.sort(), networks);
  });
}
