// The changes we know how to make in a pod, as values; rendering to a command line happens in one place only.
import type { Family } from "../network/network.ts";

/** One change. Every string in it has been parsed: names by the grammar, addresses and MACs to canonical form. */
export type Step =
  | { readonly kind: "delete-link"; readonly dev: string; readonly why: string }
  | {
    readonly kind: "add-link";
    readonly name: string;
    readonly vni: number;
    readonly port: number;
    readonly family: Family;
    readonly local?: string;
    readonly dev: string;
    readonly mac: string;
    readonly mtu?: number;
    readonly why: string;
  }
  | { readonly kind: "set-alias"; readonly dev: string; readonly alias: string }
  | { readonly kind: "set-underlay"; readonly dev: string; readonly vni: number; readonly underlay: string }
  | { readonly kind: "set-mtu"; readonly dev: string; readonly mtu: number }
  | { readonly kind: "set-mac"; readonly dev: string; readonly mac: string }
  | { readonly kind: "set-up"; readonly dev: string }
  | { readonly kind: "add-address"; readonly dev: string; readonly cidr: string; readonly family: Family }
  | { readonly kind: "delete-address"; readonly dev: string; readonly cidr: string }
  | { readonly kind: "add-route"; readonly dev: string; readonly subnet: string; readonly gateway: string }
  | {
    readonly kind: "delete-route";
    readonly dev: string;
    readonly subnet: string;
    readonly gateway?: string;
  }
  | { readonly kind: "append-fdb"; readonly dev: string; readonly dst: string }
  | { readonly kind: "delete-fdb"; readonly dev: string; readonly mac: string; readonly dst: string };

/** The program a line is for. */
export type Tool = "ip" | "bridge";

/** A line of one tool's batch input, without its newline. */
export interface CommandLine {
  readonly tool: Tool;
  readonly text: string;
}

/** The only place where a command is written. Throws when a value is outside the grammar: the last line of defence. */
export declare function render(step: Step): CommandLine;

/** What a step does, for the log: "create interface vxeth0 (network …)". */
export declare function describe(step: Step): string;
