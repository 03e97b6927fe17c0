// The command `inject`: puts the agent into manifests; text in, text out.
import { inject } from "../../manifests/inject.ts";
import type { CommandSpec } from "../program.ts";
import { anyText } from "../settings/values.ts";
import type { OptionTable } from "../settings/options.ts";
import { version } from "../program_version.ts";
import { fileOption, labelOf, namesOptions } from "./input.ts";
import { rewriteFiles } from "./rewrite_files.ts";

const options = {
  ...fileOption,
  agentImage: {
    value: "IMAGE",
    description: "image of the agent",
    fallback: `kube-vxlan-controller-agent:${version}`,
    parse: anyText,
  },
  classic: { description: "init agent and sidecar agent, for Kubernetes older than 1.29" },
  ...namesOptions,
} as const satisfies OptionTable;

export const injectCommand: CommandSpec<typeof options> = {
  name: "inject",
  summary: "put the agent into workloads that ask for networks; also as Helm post-renderer",
  options,
  examples: [
    {
      does: "put the agent into workloads, and apply them",
      line: "kube-vxlan-controller inject -f upf.yaml | kubectl apply -f -",
    },
    { does: "for Kubernetes older than 1.29", line: "kube-vxlan-controller inject --classic -f upf.yaml" },
  ],
  action: ({ settings }, host) => {
    const { annotation, agentImage: image, classic } = settings;
    const label = labelOf(settings.selector);
    const names = { agent: settings.agentContainerName, initAgent: settings.agentInitContainerName };
    const change = (text: string): ReturnType<typeof inject> =>
      inject(text, { annotation, label, image, classic, ...names });
    return rewriteFiles(settings.file, { host, change });
  },
};
