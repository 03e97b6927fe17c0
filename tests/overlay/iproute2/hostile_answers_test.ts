// Is what an agent answers bounded before it becomes values, and does no pod's answer cost more than its own look?
import assert from "node:assert/strict";
import { readFdbEntries } from "../../../lib/overlay/iproute2/read.ts";
import { mostLinks, readLinks } from "../../../lib/overlay/iproute2/read_links.ts";
import { mostRoutes, readRoutes } from "../../../lib/overlay/iproute2/read_routes.ts";
import { readRefusals } from "../../../lib/overlay/iproute2/read.ts";
import { ReadingError } from "../../../lib/overlay/iproute2/fields.ts";

const link = (n: number): object => ({
  ifindex: n,
  ifname: `d${n}`,
  mtu: 1500,
  flags: ["UP"],
  address: "02:00:00:00:00:01",
  addr_info: [{ family: "inet", local: "10.0.0.1", prefixlen: 24 }],
});
const many = (count: number, one: (n: number) => object): string =>
  JSON.stringify(Array.from({ length: count }, (_, n) => one(n)));
const route = (n: number): object => ({ dst: `10.${n >> 8}.${n & 255}.0/24`, dev: "eth0" });

const refused: readonly { readonly it: string; readonly read: () => unknown; readonly says: RegExp }[] = [
  {
    it: "13,520 links",
    read: () => readLinks(many(13_520, link)),
    says: /^Cannot read links: the pod has more than 4096/,
  },
  {
    it: "one link with 100,000 addresses",
    read: () =>
      readLinks(
        JSON.stringify([{
          ...link(1),
          addr_info: Array(100_000).fill({ family: "inet", local: "10.0.0.1", prefixlen: 8 }),
        }]),
      ),
    says: /^Cannot read addresses: the pod has more than 16384/,
  },
  {
    it: "one link with 100,000 alternative names",
    read: () => readLinks(JSON.stringify([{ ...link(1), altnames: Array(100_000).fill("a") }])),
    says: /^Cannot read addresses/,
  },
  {
    it: "routes without end",
    read: () => readRoutes(many(mostRoutes + 1, route)),
    says: /^Cannot read routes/,
  },
  {
    it: "8 MiB of empty objects as links",
    read: () => readLinks(emptyObjects()),
    says: /^Cannot read links/,
  },
  {
    it: "8 MiB of empty objects as routes",
    read: () => readRoutes(emptyObjects()),
    says: /^Cannot read routes/,
  },
  {
    it: "8 MiB of empty objects as entries",
    read: () => readFdbEntries(emptyObjects()),
    says: /^Cannot read forwarding entries/,
  },
  {
    it: "8 MiB of numbers in a link",
    read: () => readLinks(`[{"ifname":"a","mtu":1,"flags":[${"1,".repeat(4 << 20)}1]}]`),
    says: /^Cannot read links/,
  },
  { it: "8 MiB of brackets", read: () => readLinks("[".repeat(8 << 20)), says: /^Cannot read links/ },
];

for (const { it, read, says } of refused) {
  Deno.test(`reading refuses ${it}, in a short sentence`, () => {
    assert.throws(read, (error) => {
      assert.ok(error instanceof ReadingError, String(error));
      assert.match(error.message, says);
      assert.ok(error.message.length < 300, `${error.message.length} characters`);
      return true;
    });
  });
}

Deno.test("as many links as are read are read", () => {
  assert.equal(readLinks(many(mostLinks, link)).length, mostLinks);
});

Deno.test("100,000 forwarding entries are read: learned ones stand beside those of a large network", () => {
  const entry = (n: number): object => ({
    mac: "00:00:00:00:00:00",
    ifname: "vxeth0",
    dst: `10.0.${n >> 8 & 255}.${n & 255}`,
  });
  assert.equal(readFdbEntries(many(100_000, entry)).length, 100_000);
});

Deno.test("what a tool says of a line is kept in part", () => {
  const [refusal] = readRefusals(`${"x".repeat(60_000)}\nCommand failed -:1\n`);
  assert.equal(refusal?.message.length, 401);
});

/** The shortest that JSON has, so the most for its bytes. */
function emptyObjects(): string {
  return `[${"{},".repeat((8 << 20) / 3)}{}]`;
}
