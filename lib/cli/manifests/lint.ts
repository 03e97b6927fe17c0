// The command `lint`: what the controller would say of manifests, before anybody applies them.
import { findingForms, findingLines } from "../../manifests/finding_text.ts";
import { lint } from "../../manifests/lint.ts";
import { printable } from "../../text/printable.ts";
import { exitStatus } from "../host.ts";
import { outputVersion } from "../show/print_list.ts";
import type { CommandSpec } from "../program.ts";
import { membershipOptions, type OptionTable } from "../settings/options.ts";
import { oneOf } from "../settings/values.ts";
import { fileOption, namesOptions, readFiles, selects, usualNamespace } from "./input.ts";
import { judgePod, judgeService } from "./judge.ts";

const options = {
  ...fileOption,
  output: {
    short: "o",
    value: "FORM",
    description: "form of the findings",
    fallback: "text",
    choices: findingForms,
    parse: oneOf(findingForms),
  },
  ...namesOptions,
  restrictPods: membershipOptions.restrictPods,
} as const satisfies OptionTable;

export const lintCommand: CommandSpec<typeof options> = {
  name: "lint",
  summary: "say what is wrong in manifests, offline",
  options,
  examples: [
    {
      does: "manifests of a folder, as annotations of a pull request",
      line: "kube-vxlan-controller lint -f *.yaml -o github",
    },
    { does: "what Helm would apply", line: "helm template upf ./chart | kube-vxlan-controller lint -f -" },
  ],
  action: async ({ settings }, host) => {
    const { annotation, selector, configmapName, restrictPods } = settings;
    const configMap = { namespace: usualNamespace, name: configmapName };
    const membership = {
      annotationKey: annotation,
      agent: settings.agentContainerName,
      initAgent: settings.agentInitContainerName,
      configMap,
      restrictPods,
    };
    const findings = lint(await readFiles(settings.file, host), {
      annotation,
      selector,
      isSelected: selects(selector),
      configMap,
      judgePod: (template, data) => judgePod(template, { data, settings: membership }),
      judgeService: (service) => judgeService(service, annotation),
    });
    for (const line of findingLines(findings, { form: settings.output, outputVersion })) {
      host.print(settings.output === "text" ? printable(line) : line);
    }
    return findings.some(({ severity }) => severity === "error") ? exitStatus.failed : exitStatus.ok;
  },
};
