// Which version is this: as deno.json says.
import config from "../../../deno.json" with { type: "json" };
import { exitStatus } from "../host.ts";
import type { CommandSpec } from "../program.ts";

/** Semantic version of the program. */
export const version: string = config.version;

export const versionCommand: CommandSpec = {
  name: "version",
  summary: "print the version",
  options: {},
  action: (_, host) => {
    host.print(`kube-vxlan-controller ${version}`);
    return Promise.resolve(exitStatus.ok);
  },
};
