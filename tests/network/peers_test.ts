// By which address a member is reached.
import assert from "node:assert/strict";
import { podIpOf } from "../../lib/network/peers.ts";

const cases = [
  { it: "the only one", podIPs: ["10.0.0.1"], ipv4: "10.0.0.1", ipv6: undefined },
  {
    it: "the first of each family",
    podIPs: ["fd00::1", "10.0.0.1", "10.0.0.2", "fd00::2"],
    ipv4: "10.0.0.1",
    ipv6: "fd00::1",
  },
  { it: "none", podIPs: [], ipv4: undefined, ipv6: undefined },
] as const;

for (const { it, podIPs, ipv4, ipv6 } of cases) {
  Deno.test(`podIpOf: ${it}`, () => {
    assert.deepEqual([podIpOf({ podIPs }, 4), podIpOf({ podIPs }, 6)], [ipv4, ipv6]);
  });
}
