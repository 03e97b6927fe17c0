// Edits by chance: what of a kernel counts as wrong, where that is not plain?
import assert from "node:assert/strict";
import { formOf } from "./form.ts";
import { type Seen, wrongIn } from "./kernels.ts";
import type { Link } from "./look.ts";
import { Remembered } from "./remembered.ts";

const [eth0, north] = ["eth0", "north"].map((ifname): Link => ({
  ifname,
  ifindex: 2,
  mtu: 1500,
  flags: ["UP"],
  address: "02:00:00:00:00:01",
  addr_info: [],
}));

/** A pod whose network is to stand on a device that there is not, and stands on another one as it did. */
function stuck(routes: Seen["look"]["routes"]): Seen {
  const form = formOf("north", { cluster: { id: ["3"] }, own: { dev: ["w"] }, aside: false, hasIpv6: true });
  assert.ok(form !== undefined && eth0 !== undefined && north !== undefined);
  const ifalias = "kube-vxlan-controller:network=north,annotation=vxlan.travelping.com/networks";
  const info_data = { id: 3, port: 4789, link: "eth0" };
  const links = [eth0, { ...north, ifalias, linkinfo: { info_kind: "vxlan", info_data } }];
  const look = { links, fdb: [], routes, rules: [], neighbours: [] };
  return { pod: "b", ip: "10.244.0.3", forms: new Map([["north", form]]), look, told: [] };
}

for (
  const { it, dev, wrong } of [
    {
      it: "on an interface that cannot be brought to its device stays with it (seed 1010)",
      dev: "north",
      wrong: [],
    },
    { it: "anywhere else goes", dev: "eth0", wrong: ["b has the route to default, which nothing asks for"] },
    { it: "to nowhere goes", wrong: ["b has the route to default, which nothing asks for"] },
  ]
) {
  Deno.test(`edits by chance: a route that nothing asks for any more ${it}`, () => {
    const route = { dst: "default", ...(dev !== undefined && { dev }) };
    assert.deepEqual(wrongIn([stuck([route])], new Remembered()), wrong);
  });
}
