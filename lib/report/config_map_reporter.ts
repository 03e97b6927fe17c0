// What is said when the ConfigMap has changed: what is kept of it, and what cannot be read.
import type { ClusterNetworks } from "../network/cluster_networks.ts";
import { configMapText, type Problem, problemText } from "../network/problem.ts";
import { createLogDeduplicator, type LogDeduplicator } from "../ops/dedup.ts";
import type { Log } from "../ops/log.ts";
import type { Clock } from "../time/clock.ts";

/** The ConfigMap and what is wrong with it; undefined when there is none. */
export interface ConfigMapSeen {
  readonly configMap:
    | { readonly uid: string; readonly namespace: string; readonly name: string }
    | undefined;
  readonly problems: readonly Problem[];
  /** Names of the networks that it has, or had when it was last good. */
  readonly networks: ReadonlySet<string>;
}

/** Lines about one change of the ConfigMap: it may have thousands of keys, and all of them may go at once. */
const mostLines = 20;

export interface ConfigMapReporterOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly onConfigMap?: (seen: ConfigMapSeen) => void;
}

/** Says each problem when it comes up, and again only after it was mended; what comes and goes ever less often. */
export class ConfigMapReporter {
  readonly #options: ConfigMapReporterOptions;
  readonly #said: LogDeduplicator;
  #problems: ReadonlySet<string> = new Set();
  #listed: ReadonlySet<string> = new Set();

  constructor(options: ConfigMapReporterOptions) {
    [this.#options, this.#said] = [options, createLogDeduplicator(options)];
  }

  /** `view`: the ConfigMap, if there is one; `cluster`: what became of it. */
  tell(view: { readonly uid: string } | undefined, { notices, problems, networks }: ClusterNetworks): void {
    const { log, configMap, onConfigMap } = this.#options;
    const texts = new Set(problems.map(problemText));
    const come = [...notices, ...texts.difference(this.#problems)];
    const remedy = `mend these in ${configMapText(configMap)} first`;
    const rest = come.length > mostLines ? [`${come.length - mostLines} more of this kind: ${remedy}`] : [];
    // What came back too soon to be said again is said when it has stayed.
    const lines = new Set([...come.slice(0, mostLines), ...rest, ...this.#listed.intersection(texts)]);
    for (const line of lines) if (this.#said.problem(line, line).say) log.warn(line);
    for (const line of lines.union(this.#listed).difference(texts)) this.#said.recovered(line);
    this.#listed = lines.intersection(texts);
    this.#problems = texts;
    onConfigMap?.({
      configMap: view === undefined ? undefined : { uid: view.uid, ...configMap },
      problems,
      networks: new Set(networks.keys()),
    });
  }
}
