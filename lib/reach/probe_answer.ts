// What a controller answers to who asks for the last probes of one pod, and how that is read. It names peers by uid only: who
// does not know the pods learns nothing. Pure.
import { peerKey } from "../network/network.ts";
import { isRecord } from "../text/json.ts";
import type { LastProbe } from "./last_probes.ts";
import type { Outcome } from "./reach_report.ts";

/** The last probe between a pod and one of its peers, whoever asked. */
export interface KnownProbe {
  /** As of `peerKey`. */
  readonly network: string;
  /** Its uid. */
  readonly peer: string;
  readonly outcome: Outcome["kind"];
  readonly secondsAgo: number;
}

/** Its answer. Only who leads has probed anybody. */
export interface ProbeAnswer {
  readonly leads: boolean;
  readonly probes: readonly KnownProbe[];
}

const outcomes: readonly Outcome["kind"][] = ["reachable", "unreachable", "not probed"];

/** The path at which it is asked for, with `?pod=UID`. */
export const probesPath = "/probes";

/** `now`: milliseconds of the clock of the probes, which are in the order of their time. */
export function knownProbes(
  uid: string,
  { probes, now }: { readonly probes: readonly LastProbe[]; readonly now: number },
): readonly KnownProbe[] {
  const last = new Map(probes.map(({ network, from, to, outcome, at }) => {
    const peer = from.uid === uid ? to.uid : from.uid;
    const secondsAgo = Math.max(0, Math.round((now - at) / 1_000));
    return [`${peerKey(network)} ${peer}`, {
      ...{ network: peerKey(network), peer, outcome: outcome.kind, secondsAgo },
    }];
  }));
  return [...last.values()];
}

/** Throws an Error for what is no such answer. */
export function readProbeAnswer(answer: unknown): ProbeAnswer {
  const probes = isRecord(answer) ? answer["probes"] : undefined;
  if (!isRecord(answer) || !Array.isArray(probes)) {
    throw new Error("Cannot read last probes: no list of them");
  }
  return {
    leads: answer["leads"] === true,
    probes: probes.filter(isRecord).flatMap(
      ({ network, peer, outcome, secondsAgo }): readonly KnownProbe[] => {
        const kind = outcomes.find((one) => one === outcome);
        const isWhole = typeof network === "string" && typeof peer === "string" &&
          typeof secondsAgo === "number";
        return isWhole && kind !== undefined ? [{ network, peer, outcome: kind, secondsAgo }] : [];
      },
    ),
  };
}
