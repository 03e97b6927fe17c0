// How many networks may one pod have: the first ones stand, the rest is forbidden, and their links stay.
import assert from "node:assert/strict";
import { membership } from "../../lib/member/member.ts";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { podView } from "../../lib/member/pod.ts";
import { annotationKey, memberPod } from "./member_pod.ts";

const settings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  restrictPods: false,
};

function judged(
  names: readonly string[],
  maxNetworks?: number,
): { readonly networks: string; readonly unresolved: string; readonly problems: readonly string[] } {
  const networks = names.map((name, at) => `${name} id=${at + 1}`).join(", ");
  const pod = podView(memberPod({ name: "a", ip: "10.0.0.1", networks }), { annotationKey });
  const found = membership(pod, {
    settings: { ...settings, ...(maxNetworks === undefined ? {} : { maxNetworks }) },
    cluster: noClusterNetworks,
  });
  assert.ok(found.kind === "member");
  return {
    networks: found.member.networks.map(({ name }) => name).join(" "),
    unresolved: found.member.unresolved.join(" "),
    problems: found.member.problems.map(({ kind, message }) => `${kind}: ${message}`),
  };
}

Deno.test("networks beyond the limit are forbidden, in the order of the annotation", () => {
  assert.deepEqual(judged(["c", "b", "a"], 2), {
    networks: "b c",
    unresolved: "a",
    problems: [
      'forbidden: Cannot give the pod network "a": a pod may have 2 networks at most (--max-networks-per-pod)',
    ],
  });
});

Deno.test("as many as the limit are fine", () => {
  assert.deepEqual(judged(["c", "b", "a"], 3), { networks: "a b c", unresolved: "", problems: [] });
});

Deno.test("64 networks are allowed unless it is set", () => {
  const names = Array.from({ length: 65 }, (_, at) => `n${at}`);
  assert.equal(judged(names).networks.split(" ").length, 64);
  assert.equal(judged(names).unresolved, "n64");
});
