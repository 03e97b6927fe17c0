// Pods that end in the middle of what is done for them: of the dead nothing is said, written, counted or kept.
import assert from "node:assert/strict";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import { memberPod } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { until } from "../time/fake_clock.ts";
import { conditionOf, eventsOf, floodsTo, type Program, programWith, warnings } from "./whole_program.ts";

const minute = 60_000;
const old = "uid-p1";

/** What hangs. `hits`: how often something did. */
interface Held {
  readonly release: () => void;
  readonly hits: () => number;
}

/** A moment in the life of p1, and how many members there are. `release`: what held it up does so no more. */
interface Moment {
  readonly it: string;
  readonly members?: number;
  readonly begin: (program: Program) => Promise<Held>;
}

/** All members are looked at again. */
function edit({ api }: Program, mtu: number): void {
  const metadata = { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" };
  api.put(configMaps, { metadata, data: { west: `id=101 mtu=${mtu}` } });
}

/** The agents for which `hangs` say nothing until they are released. */
function silence(
  { toys }: Program,
  { what, hangs }: { readonly what: "opening" | "awaiting"; readonly hangs: (uid: string) => boolean },
): Held {
  const silent = Promise.withResolvers<void>();
  let hits = 0;
  toys[what] = (uid) => {
    if (!hangs(uid)) return Promise.resolve();
    hits++;
    return silent.promise;
  };
  return {
    hits: () => hits,
    release: () => {
      toys[what] = undefined;
      silent.resolve();
    },
  };
}

const isOld = (uid: string): boolean => uid === old;

const moments: readonly Moment[] = [
  {
    it: "its session is being opened",
    begin: async (program) => {
      const held = silence(program, { what: "opening", hangs: isOld });
      // Sessions of before are open for a while.
      for (let mtu = 1400; mtu > 1380 && held.hits() === 0; mtu--) {
        edit(program, mtu);
        await program.clock.advance(minute);
      }
      return held;
    },
  },
  {
    it: "an answer of its agent is outstanding",
    begin: async (program) => {
      const held = silence(program, { what: "awaiting", hangs: isOld });
      edit(program, 1400);
      await program.clock.advance(1_000);
      return held;
    },
  },
  {
    it: "it has failed for long and is to be tried again",
    begin: async (program) => {
      const { toys, clock } = program;
      const refused = { kind: "rejected", status: 500, reason: "broken" } as const;
      toys.awaiting = (uid) =>
        isOld(uid) ? Promise.reject(new SessionEnded(refused, "", "refused: broken")) : Promise.resolve();
      edit(program, 1400);
      await clock.advance(5 * minute);
      return {
        release: () => void (toys.awaiting = undefined),
        hits: () => program.controller.state().membersFailing,
      };
    },
  },
  {
    it: "its status is not taken",
    begin: async (program) => {
      const { api, toys, clock } = program;
      api.befall = ({ subresource, name }) =>
        subresource === "status" && name === "p1" ? { status: 503 } : undefined;
      toys.refusing = (uid, line) =>
        isOld(uid) && /mtu 1400/.test(line) ? "RTNETLINK answers: No" : undefined;
      edit(program, 1400);
      await clock.advance(minute);
      return {
        hits: () => patchesOf(program, "p1") - 1,
        release: () => {
          api.befall = () => undefined;
          toys.refusing = undefined;
        },
      };
    },
  },
  {
    it: "it waits for a worker",
    members: 80,
    begin: async (program) => {
      const held = silence(program, { what: "awaiting", hangs: (uid) => !isOld(uid) });
      edit(program, 1400);
      await program.clock.advance(1_000);
      return held;
    },
  },
];

const ends: readonly {
  readonly it: string;
  readonly isThere: boolean;
  readonly end: (program: Program) => void;
}[] = [
  { it: "is deleted", isThere: false, end: ({ api }) => api.remove(pods, "p1") },
  {
    it: "is replaced under its name",
    isThere: true,
    end: ({ api }) => {
      api.remove(pods, "p1");
      api.put(
        pods,
        memberPod({ name: "p1", uid: "uid-next", networks: "west", ip: "10.0.9.9", form: "native" }),
      );
    },
  },
  ...["Succeeded", "Failed"].map((phase) => ({
    it: `has ${phase}`,
    isThere: false,
    end: ({ api }: Program): void => {
      const pod = memberPod({
        ...{ name: "p1", uid: old, networks: "west", ip: "10.0.1.2" },
        ...{ form: "native", stage: "finished" } as const,
      });
      api.put(pods, { ...pod, status: { ...pod.status, phase } });
    },
  })),
];

for (const moment of moments) {
  for (const { it, isThere, end } of ends) {
    Deno.test(`a pod ${it} while ${moment.it}: nothing is left of it`, async () => {
      const { members = 4 } = moment;
      const program = await programWith(members);
      const { clock, controller } = program;
      const { release, hits } = await moment.begin(program);
      assert.ok(hits() > 0, "it has come to that");
      const [events, patches, lines] = [
        eventsOf(program, { uid: old }).length,
        patchesOf(program, "p1"),
        warnings(program),
      ];
      end(program);
      await until(() => !controller.store.tracked.has(old), { what: "it is forgotten" });
      await clock.advance(1_000);
      release();
      await clock.advance(30 * minute);
      const living = Array.from({ length: members }, (_, i) => `uid-p${i}`).filter((uid) => !isOld(uid));
      if (isThere) living.push("uid-next");
      assert.deepEqual([...controller.store.tracked.keys()].sort(), living.sort());
      const { membersFailing, members: counted } = controller.state();
      assert.deepEqual([membersFailing, counted], [0, living.length]);
      assert.deepEqual([program.status.size, program.events.size], [living.length, living.length]);
      assert.equal(eventsOf(program, { uid: old }).length, events, "no Event about the dead");
      assert.deepEqual(warnings(program).slice(lines.length), [], "nothing is complained of");
      if (!isThere) assert.equal(patchesOf(program, "p1"), patches, "the dead is not written");
      for (const uid of living) assert.equal(floodsTo(program, uid), living.length - 1, uid);
      if (isThere) assert.equal(conditionOf(program, "p1"), "True NetworksReady");
      await program.end();
    });
  }
}

function patchesOf({ api }: Program, name: string): number {
  return api.requests.filter((request) => request === `PATCH pods/status default/${name}`).length;
}
