// The command `version`.
import { exitStatus } from "../host.ts";
import type { CommandSpec } from "../program.ts";
import { version } from "../program_version.ts";

export const versionCommand: CommandSpec = {
  name: "version",
  summary: "print the version",
  options: {},
  action: (_, host) => {
    host.print(`kube-vxlan-controller ${version}`);
    return Promise.resolve(exitStatus.ok);
  },
};
