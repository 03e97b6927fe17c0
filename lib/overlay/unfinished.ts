// What could not be had, and what that is in words: a problem for each cause.
import type { Member } from "../member/member.ts";
import { firstOfEachNetwork, type Problem, runtimeProblem } from "../network/problem.ts";
import { steady } from "../text/steady.ts";
import type { Plan } from "./plan/parts.ts";
import { isOfPeers, type Step } from "./step.ts";
import { describe, deviceOf } from "./step_text.ts";

/** A step the kernel refused, with its words. The words are for people: they may be missing or late. */
export interface Refusal {
  readonly step: Step;
  readonly message: string;
}

/** What could not be had when it was tried. */
export interface Unfinished extends Plan {
  /** What the kernel said of the steps. */
  readonly refusals: readonly Refusal[];
  /** Forwarding entries wanted and not there. */
  readonly entriesMissing: number;
}

/**
 * One problem for each thing that is in the way, and one for each interface and cause: an agent without rights fails
 * every step in the same way, and what it said of the first tells all.
 */
export function problemsOf(member: Member, { obstacles, steps, refusals }: Unfinished): readonly Problem[] {
  const inTheWay = obstacles.map((each) =>
    runtimeProblem(member, { kind: each.kind, message: each.reason, network: each.network })
  );
  // Of what follows from another refusal the first one tells why.
  const reasons = new Map(refusals.toReversed().map(({ step, message }) => [deedKey(step), message]));
  const made = steps.filter((step) => step.kind === "add-link");
  // What is left of making it, under a name of its own every time, says nothing new either.
  const others = steps.filter((step) => !made.some(({ temporary }) => deviceOf(step).startsWith(temporary)));
  const causes = Map.groupBy(others, (step) => `${deviceOf(step)} ${steady(causeOf(step, reasons))}`);
  const missing = new Set(made.map(({ interfaceName }) => interfaceName));
  const refused = [...causes.values()].flatMap((alike): readonly Problem[] => {
    // Of a link that could not be made, what could not be done with it says nothing new.
    const step = alike.find(({ kind }) => kind === "add-link") ??
      alike.find((each) => !missing.has(deviceOf(each)));
    if (step === undefined) return [];
    const said = causeOf(step, reasons);
    const message = `Cannot ${deedOf(step, alike)}: ${said}`;
    return [
      runtimeProblem(member, { kind: "setup-failed", network: networkOf(member, step), message, said }),
    ];
  });
  return firstOfEachNetwork([...inTheWay, ...refused]);
}

/** Equal text: the same steps were refused for the same reasons. */
export function refusalsText(refusals: readonly Refusal[]): string {
  return JSON.stringify(refusals.map(({ step, message }) => [step, steady(message)]));
}

/** What was tried, with those like it. Which peers, and how many, is left out: they come and go, and that is no news. */
function deedOf(step: Step, alike: readonly Step[]): string {
  if (alike.length === 1 || step.kind === "add-link") return describe(step);
  if (step.kind === "delete-fdb") return `remove entries of several peers from ${step.interfaceName}`;
  if (isOfPeers(step)) return `add entries of several peers to ${deviceOf(step)}`;
  return `${describe(step)} (and ${alike.length - 1} more of its kind)`;
}

/** A link is there when it is made and has got its name: what refuses either refuses the link. */
function deedKey(step: Step): string {
  const isOfMaking = step.kind === "add-link" || step.kind === "name-link";
  return isOfMaking ? `make ${step.interfaceName}` : JSON.stringify(step);
}

function causeOf(step: Step, reasons: ReadonlyMap<string, string>): string {
  const said = reasons.get(deedKey(step)) ?? "tried, but it is as before";
  const remedy = remedies.find(({ pattern }) => pattern.test(said))?.remedy;
  return remedy === undefined || isOfPeers(step) ? said : `${said}; ${remedy}`;
}

/** What the kernel says, and what is to be done about it. */
const remedies: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  {
    pattern: /unknown device type/i,
    remedy: "the kernel of the node has no vxlan: load the module there (modprobe vxlan)",
  },
  {
    pattern: /operation not permitted/i,
    remedy: "the agent container needs the capability NET_ADMIN and must run as root",
  },
  {
    pattern: /address already in use/i,
    remedy: "a program or another link of the pod has its port: end that, or choose another port (dstport=…)",
  },
];

function networkOf(member: Member, step: Step): string | undefined {
  return member.networks.find(({ interfaceName }) => interfaceName === deviceOf(step))?.name;
}
