// Members with neighbour tables in memory, on a clock that tests move: who asks whom, how often, and what is left.
import { type Member, membership } from "../../lib/member/member.ts";
import { podView } from "../../lib/member/pod.ts";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { cidrText } from "../../lib/network/grammar/address.ts";
import { Contacts } from "../../lib/reach/contacts.ts";
import type { PodReport } from "../../lib/report/report.ts";
import { annotationKey, memberPod, membershipSettings } from "../member/member_pod.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

/** One member: its table, and what was asked of it. */
export interface Probed {
  readonly member: Member;
  readonly node: string;
  readonly table: Map<string, { state: string; since: number }>;
  /** A session is open into it. */
  session: boolean;
  /** Its peers' pod IPs, of those that its kernel floods to; default: all that come. */
  floodsTo?: readonly string[];
  exchanges: number;
  opened: number;
  /** The last report about it that came through. */
  told?: PodReport;
  /** Reasons that were told, one after the other. */
  readonly history: string[];
}

/** Who is not answered by whom. */
export type Passes = (from: Probed, to: Probed) => boolean;

export class ProbedWorld {
  readonly clock: FakeClock = fakeClock({ chance: [0.1, 0.9, 0.5, 0.3, 0.7] });
  readonly members = new Map<string, Probed>();
  readonly contacts: Contacts;
  passes: Passes = () => true;
  leads = true;
  /** What happens in a kernel between a `flush` and the line after it. */
  between: (table: Probed["table"], address: string) => void = () => {};

  constructor(options: { readonly interval?: number } = {}) {
    this.contacts = new Contacts({
      clock: this.clock,
      isLeader: () => this.leads,
      interval: options.interval,
      reporter: {
        report: (report) => this.#hear(report),
        changed: () => {},
        released: () => {},
        forget: () => {},
      },
      view: {
        member: (uid) => this.members.get(uid)?.member,
        node: (uid) => this.members.get(uid)?.node,
        interfaceOf: (uid, name) => {
          const found = this.members.get(uid);
          const network = found?.member.networks.find(({ interfaceName }) => interfaceName === name);
          if (found === undefined || network === undefined) return undefined;
          const all = [...this.members.values()].flatMap(({ member }) => member.podIPs);
          return {
            link: {
              ...{
                name,
                index: 7,
                altnames: [],
                mtu: 1450,
                mac: "02:00:00:00:00:01",
                up: true,
                alias: "",
                kind: "vxlan",
              },
              addresses: network.addresses.map(cidrText),
            },
            floodsTo: found.floodsTo ?? all,
          };
        },
        withIp: async (uid, { open, use }) => {
          const found = this.members.get(uid);
          if (found === undefined || (!open && !found.session)) return undefined;
          if (!found.session) found.opened++;
          return await use((lines, answers) => {
            found.exchanges++;
            const said = lines.flatMap((line) => this.#answer(found, line) ?? []);
            if (said.length !== answers) throw new Error(`${said.length} answers of ${answers}`);
            return Promise.resolve(said);
          });
        },
        lookAgain: (uid) => this.report(uid),
      },
    });
  }

  /** Somebody is read as wanted for the first time. */
  join(name: string, { networks = "one", node = "n1", session = true, shown }: {
    readonly networks?: string;
    readonly node?: string;
    readonly session?: boolean;
    readonly shown?: PodReport["shown"];
  } = {}): Probed {
    const number = this.members.size + 1;
    const ip = `10.244.0.${number}`;
    const asked = networks.split(",").map((one, at) => `${one} id=${at + 1} ip=10.${at}.0.${number}/24`)
      .join();
    const judged = membership(podView(memberPod({ name, networks: asked, ip }), { annotationKey }), {
      settings: membershipSettings,
      cluster: noClusterNetworks,
      lastGood: new Map(),
      answers: new Map(),
      wasServed: true,
    });
    if (judged.kind !== "member") throw new Error(`${name} is no member: ${JSON.stringify(judged)}`);
    const probed: Probed = {
      ...{ member: judged.member, node, session, table: new Map(), exchanges: 0, opened: 0, history: [] },
    };
    this.members.set(judged.member.uid, probed);
    this.report(judged.member.uid, shown);
    return probed;
  }

  /** What was set going goes on first, then time does. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(1);
    await this.clock.advance(ms);
  }

  leave({ member }: Probed): void {
    this.members.delete(member.uid);
    this.contacts.forget(member.uid);
  }

  /** As the controller does after a look. */
  report(uid: string, shown?: PodReport["shown"]): void {
    const found = this.members.get(uid);
    if (found === undefined) return;
    const { member } = found;
    this.contacts.report({
      pod: member,
      state: { kind: "ready" },
      holds: true,
      warnings: [],
      networks: member.networks.map((network) => ({ network, holds: true })),
      entriesMissing: 0,
      ...(shown === undefined ? {} : { shown }),
    });
  }

  #hear(report: PodReport): void {
    const found = this.members.get(report.pod.uid);
    if (found === undefined) return;
    found.told = report;
    const { state } = report;
    found.history.push(state.kind === "failing" ? state.problems.map(({ kind }) => kind).join() : state.kind);
  }

  #answer(from: Probed, line: string): string | undefined {
    const [, command, ...rest] = line.split(" ");
    const words = rest.filter((word) => word !== "to");
    const [address = ""] = words;
    const entry = from.table.get(address);
    switch (command) {
      case "show":
        return JSON.stringify(
          entry === undefined ? [] : [{ dst: address, state: [this.#stateOf(from, address)] }],
        );
      case "add":
        if (entry !== undefined) {
          from.session = false;
          throw new Error("Cannot talk to ip: it has ended");
        }
        from.table.set(address, { state: "asked", since: this.clock.now() });
        return undefined;
      case "replace":
        from.table.set(address, { state: "asked", since: this.clock.now() });
        return undefined;
      case "flush":
        if (entry?.state === "PERMANENT") return undefined;
        if (!words.includes("failed") || this.#stateOf(from, address) === "FAILED") {
          from.table.delete(address);
        }
        this.between(from.table, address);
        return undefined;
      default:
        throw new Error(`no such line: ${line}`);
    }
  }

  #stateOf(from: Probed, address: string): string {
    const entry = from.table.get(address);
    if (entry?.state !== "asked") return entry?.state ?? "NONE";
    const to = [...this.members.values()].find(({ member }) =>
      member.networks.some(({ addresses }) => addresses.some((one) => one.address === address))
    );
    const waited = this.clock.now() - entry.since;
    if (to !== undefined && this.passes(from, to)) return waited > 8 ? "REACHABLE" : "INCOMPLETE";
    return waited > 3_100 ? "FAILED" : "INCOMPLETE";
  }
}
