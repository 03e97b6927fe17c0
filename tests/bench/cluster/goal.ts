// How long may a rollout take beside the same containers without the controller, and which counts must it keep?

/** A rollout, or the medians of several. Seconds. */
export interface Measured {
  /** All pods ready and the mesh complete, over that of the same containers in the same round. */
  readonly ratio: number;
  /** Processor time of the same containers without the controller. */
  readonly baseCpu: number;
  readonly execs: number;
  readonly controllerCpu: number;
}

/** What a rollout counted. */
export interface Counted {
  readonly pods: number;
  readonly execs: number;
  /** Requests of the controller by method. */
  readonly requests: ReadonlyMap<string, number>;
  /** Seconds from the last interface (and the agent that serves it) to the last forwarding entry. */
  readonly meshAfterLastInterface: number;
}

/** What a rollout should take at most, beside the same containers. */
export const goal = 1.10;
const tolerance = 0.05;

/** Seconds after the last interface within which the mesh should be complete. */
export const meshLimit = 0.5;

/** Seconds of processor time of one exec. */
export interface ExecCpu {
  /** As it is in a pod that has just started, with both tools. */
  readonly first: number;
  /** One that ends at once, in a pod where many were. */
  readonly bare: number;
}

/** The greatest ratio that is good enough: 1.10, or what the execs and the controller cost on a machine without idle time. */
export function goalOf({ baseCpu, execs, controllerCpu }: Measured, execCpu: number): number {
  return Math.max(goal, (baseCpu + execs * execCpu + controllerCpu) / baseCpu + tolerance);
}

/** One sentence: whether the ratio is within the goal, and within what execs and controller cost, by either cost of an exec. */
export function verdictOf(measured: Measured, { first, bare }: ExecCpu): string {
  const { ratio, baseCpu, execs, controllerCpu } = measured;
  const said = (most: number): string => `${most.toFixed(2)}: ${ratio <= most ? "held" : "MISSED"}`;
  const allowed = `(${baseCpu.toFixed(1)} + ${execs} × ${first.toFixed(3)} + ${controllerCpu.toFixed(1)}) / ${
    baseCpu.toFixed(1)
  } + ${tolerance}`;
  return `median ${ratio.toFixed(2)}; goal ${said(goal)}; limit ${said(goalOf(measured, first))} ` +
    `(${goal.toFixed(2)}, or ${allowed}); with execs of ${bare.toFixed(3)} that end at once ` +
    said(goalOf(measured, bare));
}

/** Counts that are broken, one sentence each. `execsPerPod`: the most that are allowed. */
export function brokenCounts(counted: Counted, execsPerPod: number): readonly string[] {
  const { pods, execs, requests, meshAfterLastInterface: late } = counted;
  // Beside what pods cause: the watches that end, the lease, one Event of the controller's own.
  const few = 10;
  const most: readonly { readonly what: string; readonly found: number; readonly limit: number }[] = [
    { what: "execs", found: execs, limit: pods * execsPerPod },
    { what: "GET requests", found: requests.get("GET") ?? 0, limit: few },
    { what: "PATCH requests", found: requests.get("PATCH") ?? 0, limit: pods + few },
    { what: "POST requests (Events)", found: requests.get("POST") ?? 0, limit: pods + few },
  ];
  return [
    ...most.filter(({ found, limit }) => found > limit).map(({ what, found, limit }) =>
      `${found} ${what} for ${pods} pods, at most ${limit.toFixed(0)} are allowed`
    ),
    ...(late > meshLimit
      ? [`the mesh was complete ${late.toFixed(1)} s after the last interface, not within ${meshLimit} s`]
      : []),
  ];
}

/** The middle one; of an even number the greater of the two: a run that there was, and not the one that flatters. NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
