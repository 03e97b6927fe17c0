// How fast is what happens often: parsing an annotation, judging a pod, planning, rendering, reading an fdb.
import { noClusterNetworks, readClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { membership } from "../../lib/member/member.ts";
import { podView } from "../../lib/member/pod.ts";
import { plan } from "../../lib/overlay/plan/plan.ts";
import { readFdbEntries } from "../../lib/overlay/iproute2/read.ts";
import { render } from "../../lib/overlay/iproute2/render.ts";
import { wantedState } from "../../lib/overlay/wanted.ts";
import { annotationKey, memberPod } from "../member/member_pod.ts";

const configMap = { namespace: "kube-system", name: "kube-vxlan-controller" };
const settings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap,
  restrictPods: false,
};
const peers = Array.from({ length: 1_000 }, (_, i) => `10.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`);
const eth0 = {
  name: "eth0",
  index: 7,
  altnames: [],
  mtu: 1500,
  mac: "02:00:00:00:00:01",
  up: true,
  alias: "",
  kind: "veth",
  addresses: ["10.0.0.1/24"],
};

/** A line per benchmark: the mean of many rounds. */
export function microbenchmarks(): readonly string[] {
  const pod = memberPod({
    name: "a",
    ip: "10.0.0.1",
    networks: "one ip=192.168.1.1/24, two\n  id=7 dev=eth0",
  });
  const view = podView(pod, { annotationKey });
  const cluster = readClusterNetworks({ one: "id=1" }, { previous: noClusterNetworks, configMap });
  const judged = membership(view, { settings, cluster });
  if (judged.kind !== "member") throw new Error("Cannot bench: the example pod is no member");
  const { member } = judged;
  const context = { annotationKey, peers: { peersOf: () => peers, neighboursOf: () => [] } };
  const wanted = wantedState(member, context);
  const nothing = { links: [eth0], routes: [], fdb: [] };
  const planned = plan({ wanted, observed: nothing, ourAddresses: new Map() });
  const fdb = JSON.stringify(
    peers.map((dst) => ({
      mac: "00:00:00:00:00:00",
      ifname: "one",
      dst,
      flags: ["self"],
      state: "permanent",
    })),
  );
  return [
    measured(
      "pod object to member",
      () => membership(podView(pod, { annotationKey }), { settings, cluster }),
    ),
    measured("wanted state, 2 networks of 1,000 peers", () => wantedState(member, context)),
    measured(
      `plan of ${planned.steps.length} steps`,
      () => plan({ wanted, observed: nothing, ourAddresses: new Map() }),
    ),
    measured(
      `rendering of ${planned.steps.length} steps`,
      () => planned.steps.map((step) => render(step, { chance: 0 })),
    ),
    measured("reading 1,000 fdb entries", () => readFdbEntries(fdb)),
  ];
}

/** Rounds for half a second after a warm-up. */
function measured(what: string, run: () => unknown): string {
  for (let i = 0; i < 20; i++) run();
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < 500) {
    run();
    rounds++;
  }
  const micros = (performance.now() - start) * 1000 / rounds;
  return `${what.padEnd(44)} ${
    micros < 1000 ? `${micros.toFixed(1)} µs` : `${(micros / 1000).toFixed(2)} ms`
  }`;
}
