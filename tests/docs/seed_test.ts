// Has every section of the document that the project began with its place, and does it say there what it said?
import assert from "node:assert/strict";
import { section } from "./markdown.ts";
import { text } from "./pages.ts";

interface Place {
  /** Heading of the first README. */
  readonly was: string;
  readonly page: string;
  readonly heading: string;
  /** What must be said there. */
  readonly says: readonly string[];
}

const annotation = "vxlan.travelping.com/networks";

const places: readonly Place[] = [
  {
    was: "Kube VXLAN Controller",
    page: "README.md",
    heading: "Kube VXLAN Controller",
    says: ["label and an annotation", "member of any\nnumber of networks", "list of peers"],
  },
  {
    was: "Deployment",
    page: "docs/install.md",
    heading: "Apply",
    says: ["$ kubectl apply -f k8s.yaml", "Deployment"],
  },
  {
    was: "Deployment: as a standalone application",
    page: "docs/install.md",
    heading: "Ways to install",
    says: ["outside the cluster", "start run --context NAME"],
  },
  {
    was: "Usage: conditions",
    page: "docs/agents.md",
    heading: "Agents",
    says: [
      'label `vxlan.travelping.com` with the value `"true"`',
      `annotation \`${annotation}\``,
      "NET_ADMIN",
      "commas or new lines",
    ],
  },
  {
    was: "Usage: manifest and patch",
    page: "docs/agents.md",
    heading: "Init agent and sidecar agent",
    says: [
      'vxlan.travelping.com: "true"',
      `${annotation}: vxeth0, vxeth1`,
      "- name: vxlan-controller-agent-init",
      "- name: vxlan-controller-agent\n",
      'add: ["NET_ADMIN"]',
      '$ kubectl patch deployment NAME -p "$(cat patch.yaml)"',
      "`vxeth0` and `vxeth1`, named after the networks",
    ],
  },
  {
    was: "VXLAN Network Identifier",
    page: "docs/networks.md",
    heading: "VXLAN network identifier",
    says: [
      "VNI",
      "ConfigMap or in the annotation",
      "edit configmap kube-vxlan-controller",
      "data:\n  vxeth0:",
    ],
  },
  {
    was: "Network Configuration",
    page: "docs/networks.md",
    heading: "Network configuration",
    says: [
      ...["| `type`", "| `id`", "| `name`", "| `dev`", "`eth0`", "the network's name"],
      "vxeth0\n      id=1000\n      dev=eth0\n    vxeth1",
      "vxeth0 id=1000 dev=eth0, vxeth1",
      "annotation wins over the ConfigMap",
    ],
  },
  {
    was: "Controller Workflow",
    page: "docs/agents.md",
    heading: "What the controller does in a pod",
    says: ["watches", "exec API", "TERM to process 1", "sidecar agent", "forwarding entry", "interfaces"],
  },
  {
    was: "Troubleshooting",
    page: "docs/troubleshooting.md",
    heading: "Troubleshooting",
    says: ["scripts/check.sh", "The pod hangs in `Init`"],
  },
];

for (const { was, page, heading, says } of places) {
  Deno.test(`the first README's "${was}" is in ${page}, ${heading}`, async () => {
    const there = unwrapped(section(await text(page), heading));
    assert.deepEqual(says.filter((words) => !there.includes(unwrapped(words))), []);
  });
}

/** Where a line of prose ends means nothing. */
function unwrapped(markdown: string): string {
  return markdown.replaceAll(/\s+/g, " ");
}
