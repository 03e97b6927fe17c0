// What is said when the ConfigMap has changed: what is kept of it, and what cannot be read.
import type { ClusterNetworks } from "../network/cluster_networks.ts";
import { configMapText, type Problem, problemText } from "../network/problem.ts";
import type { Log } from "../ops/log.ts";

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
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly onConfigMap?: (seen: ConfigMapSeen) => void;
}

/** Says each problem when it comes up, and again only after it was mended. */
export class ConfigMapReporter {
  readonly #options: ConfigMapReporterOptions;
  #said: ReadonlySet<string> = new Set();

  constructor(options: ConfigMapReporterOptions) {
    this.#options = options;
  }

  /** `view`: the ConfigMap, if there is one; `cluster`: what became of it. */
  tell(view: { readonly uid: string } | undefined, { notices, problems, networks }: ClusterNetworks): void {
    const { log, configMap, onConfigMap } = this.#options;
    const texts = new Set(problems.map(problemText));
    const news = [...notices, ...texts.difference(this.#said)];
    for (const line of news.slice(0, mostLines)) log.warn(line);
    const more = news.length - mostLines;
    if (more > 0) log.warn(`${more} more of this kind: mend these in ${configMapText(configMap)} first`);
    this.#said = texts;
    onConfigMap?.({
      configMap: view === undefined ? undefined : { uid: view.uid, ...configMap },
      problems,
      networks: new Set(networks.keys()),
    });
  }
}
