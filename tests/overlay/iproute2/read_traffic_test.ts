// Are counters and neighbours read as `ip -statistics` gives them, and is what is none refused?
import assert from "node:assert/strict";
import { readCounters, readNeighbours } from "../../../lib/overlay/iproute2/read_traffic.ts";

/** As iproute2 6.1 prints a link, shortened. */
const link = {
  ifname: "west",
  mtu: 1450,
  stats64: {
    rx: { bytes: 768, packets: 9, errors: 1, dropped: 2, over_errors: 0, multicast: 0 },
    tx: { bytes: 928, packets: 11, errors: 3, dropped: 4, carrier_errors: 0, collisions: 0 },
  },
};

Deno.test("counters of the links that show some", () => {
  const read = readCounters(JSON.stringify([{ ifname: "lo" }, {}, link]));
  assert.deepEqual([...read], [["west", {
    ...{ rxPackets: 9, rxBytes: 768, rxErrors: 1, rxDropped: 2 },
    ...{ txPackets: 11, txBytes: 928, txErrors: 3, txDropped: 4 },
  }]]);
});

Deno.test("neighbours in every state, with a MAC and without", () => {
  const read = readNeighbours(JSON.stringify([
    { dst: "10.0.0.2", dev: "west", lladdr: "7e:0a:44:5c:1d:02", state: ["REACHABLE"], used: 24, probes: 1 },
    { dst: "fe80::1", dev: "west", state: ["FAILED"] },
    { dst: "10.0.0.3", dev: "west" },
  ]));
  assert.deepEqual(read, [
    { device: "west", address: "10.0.0.2", mac: "7e:0a:44:5c:1d:02", state: "REACHABLE" },
    { device: "west", address: "fe80::1", state: "FAILED" },
    { device: "west", address: "10.0.0.3", state: "NONE" },
  ]);
});

for (
  const { it, read } of [
    { it: "a sentence", read: () => readCounters("Cannot open network namespace") },
    { it: "a packet count below zero", read: () => readCounters(withPackets(-1)) },
    { it: "a packet count that is text", read: () => readCounters(withPackets("many")) },
    { it: "a neighbour without an address", read: () => readNeighbours('[{"dev":"west"}]') },
    {
      it: "more neighbours than are read",
      read: () => readNeighbours(`[${'{"dev":"a","dst":"b"},'.repeat(17_000)}{}]`),
    },
  ]
) {
  Deno.test(`counters and neighbours: ${it} is refused`, () => {
    assert.throws(read, { name: "ReadingError" });
  });
}

function withPackets(packets: unknown): string {
  const { rx, tx } = link.stats64;
  return JSON.stringify([{ ...link, stats64: { rx: { ...rx, packets }, tx } }]);
}
