// The option grammar: text becomes typed option values with their line, or problems that name the token.
import type { Cidr, Family, Route } from "./network.ts";
import type { Problem, Source } from "./problem.ts";

/** Options as one source gives them; absent means not said there. */
export interface OptionSet {
  readonly id?: number;
  readonly name?: string;
  readonly dev?: string;
  readonly up?: boolean;
  readonly mtu?: number;
  readonly dstport?: number;
  readonly mac?: string;
  readonly ip?: readonly Cidr[];
  readonly route?: readonly Route[];
  /** Cluster level only. */
  readonly family?: Family;
  /** Cluster level only: the namespaces whose pods may use the network, by name and by VNI. */
  readonly namespaces?: readonly string[];
}

/** One network as the annotation names it. */
export interface AnnotationEntry {
  readonly network: string;
  /** 1-based line of the network's name. */
  readonly line: number;
  readonly options: OptionSet;
  /** True when an option of it did not parse: the network is named but cannot be resolved. */
  readonly broken: boolean;
}

/** Reads the networks annotation. `complete` is false when a network's name itself could not be read. */
export declare function parseAnnotation(text: string, source: Source): {
  readonly entries: readonly AnnotationEntry[];
  readonly problems: readonly Problem[];
  readonly complete: boolean;
};

/** Reads the options of one ConfigMap entry; a bare number means `id`. */
export declare function parseClusterOptions(text: string, source: Source): {
  readonly options: OptionSet | undefined;
  readonly problems: readonly Problem[];
};
