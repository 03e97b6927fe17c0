// Do packets that carry a network keep their way, whatever addresses and routes cover, and does the rest go as asked?
import assert from "node:assert/strict";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import { render } from "../../../lib/overlay/iproute2/render.ts";
import type { WantedInterface, WantedState } from "../../../lib/overlay/wanted.ts";
import { createToyNamespace, type ToyNamespace } from "../../sandbox/toy/kernel.ts";
import { applyToToy, observeToy } from "../../sandbox/toy/observation.ts";
import { wayOf } from "./lookup.ts";
import { anInterface, aWantedState, cidrs, knownOf, routes } from "./worlds.ts";

const own = new Set(["10.244.1.5", "fd00::5"]);

/** A pod with eth0 as a bridge plugin makes it. */
function aPod(options: { readonly knowsRules?: boolean } = {}): ToyNamespace {
  return createToyNamespace({
    eth0: {
      mac: "02:42:0a:f4:01:05",
      mtu: 1500,
      addresses: ["10.244.1.5/24", "fd00::5/64"],
      gateways: ["10.244.1.1", "fd00::1"],
    },
  }, options);
}

/** Brings the pod there; gives the lines about rules, and what stood in the way. */
function bring(pod: ToyNamespace, wanted: WantedState): {
  readonly lines: readonly string[];
  readonly obstacles: readonly string[];
} {
  const lines: string[] = [];
  for (let go = 0;; go++) {
    const { steps, obstacles } = plan({
      wanted,
      observed: observeToy(pod, wanted),
      ourAddresses: knownOf(wanted),
    });
    if (steps.length === 0) {
      return {
        lines,
        obstacles: obstacles.map(({ kind, reason }) => `${kind}: ${reason}`),
      };
    }
    assert.ok(go < 4, JSON.stringify(steps));
    assert.deepEqual(applyToToy(pod, steps), []);
    const rules = steps.filter(({ kind }) => kind.endsWith("-rule")).map((step) =>
      render(step, { chance: 0 })
    );
    lines.push(...rules.map(({ tool, text }) => `${tool} ${text}`));
  }
}

function anOverlay(changes: Partial<WantedInterface>): WantedState {
  const peers = ["10.244.2.7"];
  return aWantedState(
    [anInterface({ addresses: cidrs("192.168.10.1/24", "fd01::1/64"), peers, ...changes })],
    { own },
  );
}

const rows = [
  { it: "two halves of everything", routes: ["0.0.0.0/1", "128.0.0.0/1"], lengths: [1] },
  { it: "the pods' range", routes: ["10.244.0.0/16"], lengths: [16] },
  { it: "more than the pods' range", routes: ["10.0.0.0/8"], lengths: [8] },
  { it: "one peer, and a half", routes: ["10.244.2.7/32", "0.0.0.0/1"], lengths: [32, 1] },
  { it: "the underlay's gateway", routes: ["10.244.1.1/32"], lengths: [32] },
  { it: "everything", routes: ["0.0.0.0/0"], lengths: [0] },
  { it: "no peer", routes: ["10.245.0.0/16", "224.0.0.0/4"], lengths: [] },
];

for (const { it, routes: subnets, lengths } of rows) {
  Deno.test(`guard: a route to ${it}: packets that carry the network keep their way, the rest follows it`, () => {
    const pod = aPod();
    const via = (subnet: string): string => subnet.startsWith("224") ? subnet : `${subnet} via 192.168.10.2`;
    const wanted = anOverlay({ routes: routes(...subnets.map(via)) });
    const { lines, obstacles } = bring(pod, wanted);
    assert.deepEqual(obstacles, []);
    const chain = lengths.flatMap((length) => [
      `ip rule add pref ${8866 - 2 * length} lookup main suppress_prefixlength ${length} protocol 86`,
      `ip rule add pref ${8867 - 2 * length} lookup 86 ${
        length === 0 ? "" : `suppress_prefixlength ${length - 1} `
      }protocol 86`,
    ]);
    assert.deepEqual(lines, [
      ...lengths.length === 0 ? [] : [
        "ip rule add pref 8600 from 10.244.1.5 lookup main protocol 86",
        "ip rule add pref 8601 ipproto 17 dport 8472 lookup main protocol 86",
      ],
      ...chain,
    ]);
    assert.equal(wayOf({ to: "10.244.2.7", port: 8472 }, pod), "eth0");
    assert.equal(wayOf({ to: "10.244.1.1", port: 8472 }, pod), "eth0");
    // Replies to what came in by eth0, such as a probe of the kubelet.
    assert.equal(wayOf({ to: "192.0.2.9", from: "10.244.1.5" }, pod), "eth0");
    for (const subnet of subnets) {
      const inside = subnet.replace(/\/.*/, "").replace(/^0\.0\.0\.0$/, "8.8.8.8");
      assert.equal(wayOf({ to: inside }, pod), "vxeth0", inside);
    }
    assert.equal(
      wayOf({ to: "10.244.1.77" }, pod),
      "eth0",
      "the pod's own subnet is narrower, or as narrow as main's",
    );
    bring(pod, anOverlay({}));
    assert.deepEqual(rulesLeft(pod), []);
    assert.equal(wayOf({ to: "8.8.8.8" }, pod), "eth0");
  });
}

Deno.test("guard: an address whose subnet covers the pods comes without a route of the kernel's, and with one of ours", () => {
  const pod = aPod();
  const covering = cidrs("10.244.0.200/16");
  // Nobody is in it yet.
  bring(pod, anOverlay({ addresses: covering, peers: ["10.99.0.7"], underlay: "eth0", family: 4 }));
  const wanted = anOverlay({ addresses: covering });
  assert.deepEqual(bring(pod, wanted).obstacles, []);
  assert.equal(wayOf({ to: "10.244.2.7", port: 8472 }, pod), "eth0");
  assert.equal(wayOf({ to: "10.244.2.7", port: 80 }, pod), "vxeth0");
  assert.equal(wayOf({ to: "10.244.1.9", port: 80 }, pod), "eth0");
  bring(pod, anOverlay({ addresses: covering, peers: [] }));
  // The gateway of the pod is in it.
  assert.equal(wayOf({ to: "10.244.1.1", port: 8472 }, pod), "eth0");
  bring(pod, anOverlay({}));
  assert.deepEqual(rulesLeft(pod), []);
});

Deno.test("guard: IPv6 in IPv6, in a session of its own", () => {
  const pod = aPod();
  const family = { family: 6, local: "fd00::5", peers: ["fd00:0:0:2::7"] } as const;
  const { lines } = bring(pod, anOverlay({ ...family, routes: routes("fd00::/16 via fd01::9") }));
  assert.deepEqual(lines, [
    "ip6 rule add pref 8600 from fd00::5 lookup main protocol 86",
    "ip6 rule add pref 8601 ipproto 17 dport 8472 lookup main protocol 86",
    "ip6 rule add pref 8834 lookup main suppress_prefixlength 16 protocol 86",
    "ip6 rule add pref 8835 lookup 86 suppress_prefixlength 15 protocol 86",
  ]);
  assert.equal(wayOf({ to: "fd00:0:0:2::7", port: 8472 }, pod), "eth0");
  assert.equal(wayOf({ to: "fd00:0:0:2::7" }, pod), "vxeth0");
});

Deno.test("guard: half of IPv6 over a network that IPv4 carries: replies from the pod's IPv6 address keep their way", () => {
  const pod = aPod();
  const { lines } = bring(pod, anOverlay({ routes: routes("::/1 via fd01::9", "8000::/1 via fd01::9") }));
  assert.deepEqual(lines.slice(0, 1), ["ip6 rule add pref 8600 from fd00::5 lookup main protocol 86"]);
  assert.equal(wayOf({ to: "2001:db8::1", from: "fd00::5" }, pod), "eth0");
  assert.equal(wayOf({ to: "2001:db8::1" }, pod), "vxeth0");
  assert.equal(wayOf({ to: "a000::1" }, pod), "vxeth0");
  bring(pod, anOverlay({}));
  assert.deepEqual(rulesLeft(pod), []);
});

for (
  const [address, what] of [["10.244.2.7/32", "a peer"], ["10.244.2.7/16", "a peer"], [
    "10.244.1.1/24",
    "the way",
  ]]
) {
  Deno.test(`guard: an address that is that of ${what} (${address}) is said: no rule helps against table local`, () => {
    const { obstacles } = bring(aPod(), anOverlay({ addresses: cidrs(address ?? "") }));
    assert.equal(obstacles.length, 1);
    assert.match(
      obstacles[0] ?? "",
      /^conflict: Cannot rely on ip=10\.244\.\S+ of network "vxeth0": it is also .* packets .* would stay in the pod\. Give it another/,
    );
  });
}

Deno.test("gateway: all but exceptions and replies goes through it; when it is down nothing leaves by eth0", () => {
  const pod = aPod();
  const wanted = anOverlay({
    routes: routes("0.0.0.0/0 via 192.168.10.2", "::/0 via fd01::9"),
    except: cidrs("10.96.0.0/12", "fd02::/16"),
  });
  const { lines } = bring(pod, wanted);
  assert.ok(
    lines.includes("ip rule add pref 8602 to 10.96.0.0/12 lookup main protocol 86"),
    lines.join("\n"),
  );
  assert.ok(lines.includes("ip6 rule add pref 8602 to fd02::/16 lookup main protocol 86"), lines.join("\n"));
  for (
    const [to, dev] of [["8.8.8.8", "vxeth0"], ["2001:db8::1", "vxeth0"], ["10.96.0.10", "eth0"], [
      "fd02::1",
      "eth0",
    ]]
  ) {
    assert.equal(wayOf({ to: to ?? "" }, pod), dev);
  }
  pod.run(["ip", "link", "set", "vxeth0", "down"]);
  assert.equal(wayOf({ to: "8.8.8.8" }, pod), undefined);
  assert.equal(wayOf({ to: "2001:db8::1" }, pod), undefined);
  assert.equal(wayOf({ to: "10.244.2.7", port: 8472 }, pod), "eth0");
  bring(pod, wanted);
  assert.equal(wayOf({ to: "8.8.8.8" }, pod), "vxeth0");
  bring(pod, anOverlay({}));
  assert.deepEqual(rulesLeft(pod), []);
  assert.equal(wayOf({ to: "2001:db8::1" }, pod), "eth0");
});

Deno.test("guard: rules of ours that somebody removed or added are put right; those of others stay", () => {
  const pod = aPod();
  const wanted = anOverlay({ routes: routes("0.0.0.0/1 via 192.168.10.2") });
  bring(pod, wanted);
  pod.run(["ip", "rule", "del", "pref", "8601"]);
  pod.run(["ip", "rule", "add", "pref", "8700", "from", "1.2.3.4", "lookup", "main", "protocol", "86"]);
  pod.run(["ip", "rule", "add", "pref", "9000", "from", "1.2.3.4", "lookup", "7"]);
  assert.deepEqual(bring(pod, wanted), {
    lines: [
      "ip rule add pref 8601 ipproto 17 dport 8472 lookup main protocol 86",
      "ip rule delete pref 8700 from 1.2.3.4 lookup main protocol 86",
    ],
    obstacles: [],
  });
  bring(pod, anOverlay({}));
  assert.deepEqual(rulesLeft(pod), [9000]);
});

Deno.test("guard: a rule of somebody else that is asked first is said", () => {
  const pod = aPod();
  pod.run(["ip", "rule", "add", "pref", "100", "from", "10.9.9.9", "lookup", "7"]);
  const { obstacles } = bring(pod, anOverlay({ routes: routes("0.0.0.0/1 via 192.168.10.2") }));
  assert.deepEqual(obstacles, [
    "conflict: Cannot be sure of the way of packets that carry the pod's networks: its IPv4 rule 100, " +
    '"from 10.9.9.9 lookup 7", is asked before the controller\'s. Give it a preference above 8867',
  ]);
});

Deno.test("guard: where there are no rules the route is not set, and that is said", () => {
  const wanted = anOverlay({ routes: routes("0.0.0.0/1 via 192.168.10.2", "10.99.0.0/16 via 192.168.10.2") });
  const pod = aPod();
  bring(pod, anOverlay({}));
  const observed = {
    ...observeToy(pod, wanted),
    noRules: new Map([[4, "Operation not supported"]] as const),
  };
  const { steps, obstacles } = plan({ wanted, observed, ourAddresses: new Map() });
  assert.deepEqual(steps.map((step) => render(step, { chance: 0 }).text), [
    "route add 10.99.0.0/16 via 192.168.10.2 dev if00000000000003 proto 86",
  ]);
  assert.match(
    obstacles[0]?.reason ?? "",
    /its route=0\.0\.0\.0\/1:192\.168\.10\.2: .*\(Operation not supported\)/,
  );
});

/** Preferences of the rules that are not in every namespace. */
function rulesLeft(pod: ToyNamespace): readonly number[] {
  const rules: readonly { readonly priority: number }[] = [[], ["-6"]].flatMap((family) =>
    JSON.parse(pod.run(["ip", ...family, "rule", "show"]).stdout)
  );
  return rules.map(({ priority }) => priority).filter((priority) => priority > 0 && priority < 32766);
}
