// The command `convert`: manifests written for Multus become ours; text in, text out.
import { convert, readMap } from "../../manifests/convert.ts";
import { fault, type Parsed, valueOf } from "../../network/grammar/parsed.ts";
import type { CommandSpec } from "../program.ts";
import type { OptionTable } from "../settings/options.ts";
import { fileOption, labelOf, namesOptions, usualNamespace } from "./input.ts";
import { rewriteFiles } from "./rewrite_files.ts";

type Mapping = Exclude<ReturnType<typeof readMap>, string>;

const options = {
  ...fileOption,
  map: {
    value: "LIST",
    description:
      "NAME=NETWORK, separated by commas: definitions (* for any text) and the networks they become",
    parse: mapping,
  },
  withConfigmap: {
    description: "write ids and pools into a ConfigMap behind the manifests, not into annotations",
  },
  ...namesOptions,
} as const satisfies OptionTable;

export const convertCommand: CommandSpec<typeof options> = {
  name: "convert",
  summary: "turn annotations and definitions of Multus into ours; also as Helm post-renderer",
  options,
  examples: [
    {
      does: "a chart written for Multus",
      line:
        "helm template upf ./chart | kube-vxlan-controller convert --map 'n2network-*=n2' | kube-vxlan-controller inject | kubectl apply -f -",
    },
    {
      does: "ids and pools into a ConfigMap",
      line: "kube-vxlan-controller convert -f upf.yaml --with-configmap",
    },
  ],
  action: ({ settings }, host) => {
    const { annotation, map = [], withConfigmap: withConfigMap } = settings;
    const label = labelOf(settings.selector);
    const configMap = { namespace: usualNamespace, name: settings.configmapName };
    const change = (text: string): ReturnType<typeof convert> =>
      convert(text, { annotation, label, configMap, map, withConfigMap });
    return rewriteFiles(settings.file, { host, change });
  },
};

function mapping(text: string): Parsed<Mapping> {
  const read = readMap(text);
  return typeof read === "string"
    ? fault(`${JSON.stringify(read)} is no NAME=NETWORK such as n2network-*=n2`)
    : valueOf(read);
}
