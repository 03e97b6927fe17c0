// Which way did frames pass: what a kernel has learned of a sender since its entry was taken out. Pure.
import { parseIp } from "../network/grammar/address.ts";
import { isRecord } from "../text/json.ts";

/** A sender as its frames show it: the MAC of its interface, and the pod IP that they come from. */
export interface Sender {
  readonly mac: string;
  readonly podIP: string;
}

/** The line that asks. It names no device: that filter would stick to the session. */
export const showLearned = "fdb show";

/** What stands of a sender on a device: learned by the kernel, set by somebody, or nothing. */
export type Trace = "learned" | "set" | "none";

/** Reads the answer to `showLearned`. Throws an Error for one that is none. */
export function traceOf(
  answer: string,
  { sender, device }: { readonly sender: Sender; readonly device: string },
): Trace {
  const list: unknown = JSON.parse(answer);
  if (!Array.isArray(list)) throw new Error("Cannot read forwarding entries: no list");
  const found = list.filter(isRecord).filter(({ mac, ifname, dst }) =>
    mac === sender.mac && ifname === device && typeof dst === "string" &&
    parseIp(dst)?.address === sender.podIP
  );
  if (found.length === 0) return "none";
  return found.some(({ state }) => state === "permanent" || state === "static") ? "set" : "learned";
}

/** Takes out what was learned of a sender, so that what stands there later was learned later. */
export function forgetLearned({ mac, podIP }: Sender, device: string): string {
  return `fdb delete ${mac} dst ${podIP} dev ${device}`;
}
