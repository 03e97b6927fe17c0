// Foreign data becomes an observation: the JSON of `ip -json -details` and `bridge -json`, checked field by field.
import type { Observation, ObservedFdbEntry, ObservedLink, ObservedRoute } from "./observation.ts";

/** Reads the line that `address show` prints. Throws an Error that says what is not as expected. */
export declare function readLinks(line: string): readonly ObservedLink[];

/** Reads the line that `route show table all` prints (both families). */
export declare function readRoutes(line: string): readonly ObservedRoute[];

/** Reads the line that `fdb show` prints. */
export declare function readFdb(line: string): readonly ObservedFdbEntry[];

/** What to send to see everything: each line prints exactly one line of JSON; the last is the end marker. */
export declare const observeIp: readonly string[];
export declare const observeFdb: readonly string[];

/** True for the answer to the end marker of that tool's batch. */
export declare function isEndMarker(line: string): boolean;

/** The observation that a plan leaves behind when every step of it worked, without asking the kernel. */
export declare function afterFdbSteps(
  observed: Observation,
  steps: readonly import("./step.ts").Step[],
): Observation;
