// Who is whose peer, and by which address a member is reached.
import assert from "node:assert/strict";
import { peerKey } from "../../lib/network/network.ts";
import { podIpOf } from "../../lib/member/pod.ts";

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

Deno.test("segmentOf: another name, VNI, port or family is another segment", () => {
  const segment = { name: "a", vni: 1, port: 8472, family: 4 } as const;
  const others = [{ ...segment, name: "b" }, { ...segment, vni: 2 }, { ...segment, port: 4789 }, {
    ...segment,
    family: 6 as const,
  }];
  assert.equal(new Set([segment, ...others].map(peerKey)).size, 5);
  assert.equal(peerKey({ ...segment }), peerKey(segment));
});
