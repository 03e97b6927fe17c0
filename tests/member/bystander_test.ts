// A pod with the label and without the annotation, in every form: who lets it go, who says what, who is left alone.
import assert from "node:assert/strict";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { type Membership, membership } from "../../lib/member/member.ts";
import { type ContainerView, type PodView, podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod, membershipSettings } from "./member_pod.ts";
import {
  initAgent,
  nativeSidecar,
  plainContainer,
  running,
  samplePod,
  sidecar,
  terminated,
} from "./sample_pods.ts";

interface Row {
  readonly it: string;
  readonly init?: readonly ContainerView[];
  readonly main?: readonly ContainerView[];
  readonly pod?: Partial<PodView>;
  readonly wasServed?: true;
  /** It has our condition. */
  readonly shows?: true;
  readonly isUnlabelled?: true;
  /** A blank annotation instead of none. */
  readonly annotation?: string;
  /** `released by …`, `cleaned`, `left alone`, `waits: kinds of problems`, `told: kinds of problems`, `shows nothing`. */
  readonly becomes: string;
}

const app = plainContainer("app");
const bare = { netAdmin: false };

const rows: readonly Row[] = [
  { it: "no agent", main: [app], becomes: "left alone" },
  { it: "a sidecar agent only", main: [sidecar(running("s"))], becomes: "left alone" },
  {
    it: "an init agent that has ended",
    init: [initAgent(terminated("i"))],
    main: [sidecar(running("s"))],
    becomes: "left alone",
  },
  {
    it: "an init agent that runs",
    init: [initAgent(running("i"))],
    main: [sidecar()],
    becomes: "released by terminate",
  },
  {
    it: "an init agent that is to run",
    init: [initAgent()],
    main: [sidecar()],
    becomes: "waits for its agent",
  },
  {
    it: "an init agent and no other",
    init: [initAgent(running("i"))],
    main: [app],
    becomes: "released by terminate",
  },
  {
    it: "an init agent without NET_ADMIN",
    init: [initAgent({ ...bare, ...running("i") })],
    main: [app],
    becomes: "released by terminate",
  },
  {
    it: "an init agent whose TERM would end the sandbox",
    init: [initAgent(running("i"))],
    main: [sidecar()],
    pod: { shareProcessNamespace: true },
    becomes: "told: agent-unfit",
  },
  {
    it: "an init agent in the node's network",
    init: [initAgent(running("i"))],
    main: [app],
    pod: { hostNetwork: true },
    becomes: "told: host-network",
  },
  {
    it: "a gated native sidecar",
    init: [nativeSidecar(running("n"))],
    main: [app],
    becomes: "released by marker",
  },
  {
    it: "a gated native sidecar that cannot set the marker",
    init: [nativeSidecar({ ...bare, ...running("n") })],
    main: [app],
    becomes: "told: agent-unfit",
  },
  {
    it: "a gated native sidecar, released",
    init: [nativeSidecar(running("n"))],
    main: [{ ...app, ...running("a") }],
    becomes: "left alone",
  },
  {
    it: "a native sidecar that is not gated",
    init: [nativeSidecar({ ...running("n"), startupProbe: false })],
    main: [app],
    becomes: "left alone",
  },
  {
    it: "no pod IP yet",
    init: [initAgent()],
    main: [sidecar()],
    pod: { podIPs: [] },
    becomes: "waits for its IP",
  },
  { it: "finished", init: [initAgent()], pod: { phase: "Succeeded" }, becomes: "left alone" },
  {
    it: "a misspelt key, held",
    init: [initAgent(running("i"))],
    main: [sidecar()],
    pod: { misnamed: "vxlan.travelping.com/network" },
    becomes: "told: unknown-network",
  },
  {
    it: "a misspelt key, running",
    main: [sidecar(running("s"))],
    pod: { misnamed: "vxlan.travelping.com/network" },
    becomes: "told: unknown-network",
  },
  {
    it: "an init agent in the node's network, that shows what it was refused for",
    init: [initAgent(running("i"))],
    main: [app],
    pod: { hostNetwork: true },
    wasServed: true,
    becomes: "told: host-network",
  },
  {
    it: "a native sidecar in the node's network, released, that shows what it was refused for",
    init: [nativeSidecar(running("n"))],
    main: [{ ...app, ...running("a") }],
    pod: { hostNetwork: true },
    wasServed: true,
    becomes: "left alone",
  },
  {
    it: "no agent, and it shows that it was refused for that",
    main: [app],
    wasServed: true,
    becomes: "left alone",
  },
  {
    it: "it was a member, and runs",
    init: [initAgent(terminated("i"))],
    main: [sidecar(running("s"))],
    wasServed: true,
    becomes: "cleaned",
  },
  {
    it: "it was to be a member, and is held",
    init: [initAgent(running("i"))],
    main: [sidecar()],
    wasServed: true,
    becomes: "released by terminate",
  },
  {
    it: "it was a member, and its agent has ended for good",
    main: [sidecar({ ...terminated("s"), endedForGood: true }), { ...app, ...running("a") }],
    wasServed: true,
    becomes: "waits for its agent, told: agent-missing",
  },
  { it: "a blank one, no agent", main: [app], annotation: " \n, ,", becomes: "left alone" },
  {
    it: "a blank one, in the node's network",
    main: [sidecar(running("s"))],
    pod: { hostNetwork: true },
    annotation: "",
    becomes: "left alone",
  },
  {
    it: "a blank one, an init agent without NET_ADMIN",
    init: [initAgent({ ...bare, ...running("i") })],
    main: [sidecar()],
    annotation: "\t",
    becomes: "released by terminate",
  },
  { it: "no agent, and our condition", main: [app], shows: true, becomes: "shows nothing" },
  {
    it: "no agent, our condition, a blank one",
    main: [app],
    annotation: " ",
    shows: true,
    becomes: "shows nothing",
  },
  {
    it: "no agent, our condition, no IP",
    main: [app],
    pod: { podIPs: [] },
    shows: true,
    becomes: "shows nothing",
  },
  {
    it: "in the node's network, our condition",
    init: [nativeSidecar(running("n"))],
    main: [{ ...app, ...running("a") }],
    pod: { hostNetwork: true },
    wasServed: true,
    shows: true,
    becomes: "shows nothing",
  },
  {
    it: "an agent that was never fit, our condition",
    main: [sidecar({ ...bare, ...running("s") })],
    shows: true,
    becomes: "shows nothing",
  },
  {
    it: "no agent, the condition of another controller",
    main: [app],
    pod: { ofOther: true },
    shows: true,
    becomes: "left alone",
  },
  {
    it: "a misspelt key, our condition",
    main: [app],
    pod: { misnamed: "x/networks" },
    shows: true,
    becomes: "told: unknown-network",
  },
  {
    it: "finished, our condition",
    main: [app],
    pod: { phase: "Failed" },
    shows: true,
    becomes: "left alone",
  },
  {
    it: "its label is gone too, its agent has ended for good, our condition",
    main: [sidecar({ ...terminated("s"), endedForGood: true }), { ...app, ...running("a") }],
    wasServed: true,
    isUnlabelled: true,
    shows: true,
    becomes: "shows nothing",
  },
  {
    it: "its label is gone too, its agent has ended for good",
    main: [sidecar({ ...terminated("s"), endedForGood: true }), { ...app, ...running("a") }],
    wasServed: true,
    isUnlabelled: true,
    becomes: "left alone",
  },
  {
    it: "it was a member, and its key was renamed",
    main: [sidecar(running("s"))],
    wasServed: true,
    pod: { misnamed: "x/networks" },
    becomes: "cleaned, told: unknown-network",
  },
];

for (
  const { it, init = [], main = [], pod = {}, wasServed, shows, isUnlabelled, annotation, becomes } of rows
) {
  Deno.test(`label without annotation: ${it}: ${becomes}`, () => {
    const { annotation: _, ...without } = samplePod({ init, main }, pod);
    const asked = {
      ...without,
      ...(annotation !== undefined && { annotation }),
      ...(shows && { shown: { ready: "False" } }),
    };
    const judged = membership(asked, {
      settings: membershipSettings,
      cluster: noClusterNetworks,
      ...(wasServed && { wasServed }),
      ...(isUnlabelled && { isUnlabelled }),
    });
    assert.equal(shown(judged), becomes);
  });
}

function shown(judged: Membership): string {
  switch (judged.kind) {
    case "none":
      return "left alone";
    case "pending":
      return "waits for its IP";
    case "refused":
      return `told: ${judged.problems.map(({ kind }) => kind).join()}`;
    case "member": {
      const { networks, phase, problems, onlyShows } = judged.member;
      assert.deepEqual(networks, []);
      if (onlyShows) {
        assert.deepEqual([phase.kind, problems], ["wait", []]);
        return "shows nothing";
      }
      const told = problems.length === 0 ? "" : `, told: ${problems.map(({ kind }) => kind).join()}`;
      if (phase.kind === "wait") return `waits for its agent${told}`;
      return phase.kind === "setup" ? `released by ${phase.release}${told}` : `cleaned${told}`;
    }
    default:
      return judged satisfies never;
  }
}

const keys: readonly (readonly [key: string, isMeant: boolean])[] = [
  ["vxlan.travelping.com/network", true],
  ["vxlan.travelping.com/Networks", true],
  ["vxlan.openvnf.org/networks", true],
  ["vxlan.travelping.com.networks", true],
  ["travelping.com/networks", true],
  ["networks", true],
  ["vxaln.travelping.com/network", true],
  ["vlan.travelping.com/netwroks", true],
  ["vlxan.travelpng.con/network", true],
  ["k8s.v1.cni.cncf.io/networks", false],
  ["vxlan.travelping.com/network-status", false],
  ["kubectl.kubernetes.io/last-applied-configuration", false],
  ["app", false],
  ["app.kubernetes.io/name", false],
  ["cni.projectcalico.org/podIP", false],
];

Deno.test("label without annotation: the key among the labels is taken for a slip, and said to be a label's", () => {
  const pod = memberPod({ name: "a" });
  const labelled = { ...pod, metadata: { ...pod.metadata, labels: { [annotationKey]: "west" } } };
  assert.equal(podView(labelled, { annotationKey }).misnamed, annotationKey);
  const { annotation: _, ...without } = samplePod({ main: [sidecar()] }, { misnamed: annotationKey });
  const judged = membership(without, { settings: membershipSettings, cluster: noClusterNetworks });
  assert.match(
    judged.kind === "refused" && judged.problems[0]?.message || "",
    /; make its label of that name an annotation, or take the label off the pod$/,
  );
});

for (const [key, isMeant] of keys) {
  Deno.test(`label without annotation: ${key} is ${isMeant ? "" : "not "}taken for a slip`, () => {
    const pod = memberPod({ name: "a" });
    const named = { ...pod, metadata: { ...pod.metadata, annotations: { [key]: "west" } } };
    assert.equal(podView(named, { annotationKey }).misnamed, isMeant ? key : undefined);
  });
}

const several: readonly (readonly [keys: string, meant: string])[] = [
  ["vxlan.travelping.com/comment vxlan.travelping.com/network", "vxlan.travelping.com/network"],
  ["acme.example/vxlan-team vxlan.travelpng.com/netwrks", "vxlan.travelpng.com/netwrks"],
  ["metal3.io/networks vxlan.openvnf.org/networks", "vxlan.openvnf.org/networks"],
  ["vxlan.openvnf.org/networks vxlan.travelping.com/Networks", "vxlan.travelping.com/Networks"],
  ["metal3.io/networks acme.example/networks", "acme.example/networks"],
];
for (const [keys, meant] of several) {
  Deno.test(`label without annotation: of ${keys}, ${meant} is taken for the slip`, () => {
    const pod = memberPod({ name: "a" });
    const annotations = Object.fromEntries(keys.split(" ").map((key) => [key, "west"]));
    const named = { ...pod, metadata: { ...pod.metadata, annotations } };
    assert.equal(podView(named, { annotationKey }).misnamed, meant);
  });
}

for (const [domain, isOfOther] of [["vxlan.openvnf.org", true], ["vxlan.travelping.com", false]] as const) {
  Deno.test(`label without annotation: a state shown under ${domain} is ${isOfOther ? "" : "not "}another controller's`, () => {
    const key = `${domain}/network`;
    const pod = memberPod({ name: "a" });
    const served = podView({
      ...pod,
      metadata: { ...pod.metadata, annotations: { [key]: "west" } },
      status: { ...pod.status, conditions: [{ type: `${domain}/Ready`, status: "False" }] },
    }, { annotationKey });
    assert.deepEqual([served.ofOther, served.misnamed], isOfOther ? [true, undefined] : [undefined, key]);
    const { ofOther, misnamed } = served;
    const { annotation: _, ...held } = samplePod({ init: [initAgent(running("i"))], main: [sidecar()] }, {
      ...(ofOther && { ofOther }),
      ...(misnamed !== undefined && { misnamed }),
    });
    const judged = membership(held, { settings: membershipSettings, cluster: noClusterNetworks });
    assert.equal(shown(judged), isOfOther ? "left alone" : "told: unknown-network");
  });
}

Deno.test("label without annotation: the key is named, and the one that was meant", () => {
  const { annotation: _, ...without } = samplePod({ main: [sidecar()] }, {
    misnamed: "vxlan.openvnf.org/networks",
  });
  const judged = membership(without, { settings: membershipSettings, cluster: noClusterNetworks });
  assert.equal(
    judged.kind === "refused" && judged.problems[0]?.message,
    "Cannot find the networks of the pod: it has no annotation vxlan.travelping.com/networks; rename its annotation " +
      '"vxlan.openvnf.org/networks", or take the label off the pod',
  );
});
