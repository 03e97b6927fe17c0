// One pod claims the addresses of a hundred others by turns: how much is written, told and logged, and who suffers?
import assert from "node:assert/strict";
import { annotationKey, memberPod } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { type Program, programWith } from "./whole_program.ts";

const victims = 100;
const addresses = Array.from({ length: victims }, (_, at) => `ip=10.9.0.${at + 1}/16`);
/** Its own, on its network. */
const idle = "west ip=10.9.1.1/16";

interface Counts {
  readonly patches: number;
  readonly events: number;
  readonly lines: number;
}

/**
 * What one who toggles may do, and the most that may come of it: his own changes are lines, one each; of his own pod an
 * account every other second, of which the log has two in 30 s (after 2 s and 12 s), and that each is over; of the others
 * nothing, or what lasted 2 s once on each and that it is over once.
 */
const rows: readonly {
  readonly it: string;
  /** The annotation while it claims. */
  readonly claims: (change: number) => string;
  /** ms between two changes of it, and of the whole. */
  readonly period: number;
  readonly ms: number;
  readonly most: Counts;
}[] = [
  {
    it: "all addresses, every 300 ms, for 30 s",
    claims: () => `west ${addresses.join(" ")}`,
    // A hundred addresses take two steps.
    ...{ period: 300, ms: 30_000, most: { patches: 17, events: 0, lines: 201 } },
  },
  {
    it: "one address after the other, every 300 ms, for 30 s",
    claims: (at) => `west ${addresses[at]}`,
    ...{ period: 300, ms: 30_000, most: { patches: 17, events: 0, lines: 104 } },
  },
  {
    it: "the MAC address of one, every 300 ms, for 30 s",
    claims: () => `west mac=02:00:00:00:00:07 ip=10.9.1.1/16`,
    ...{ period: 300, ms: 30_000, most: { patches: 17, events: 0, lines: 101 } },
  },
  {
    it: "all addresses, for longer than it takes to believe it, every 3 s, for 30 s",
    claims: () => `west ${addresses.join(" ")}`,
    ...{ period: 3_000, ms: 30_000, most: { patches: 215, events: 205, lines: 330 } },
  },
];

for (const { it, claims, period, ms, most } of rows) {
  Deno.test(`a pod claims ${it}`, async () => {
    const program = await programWith(0);
    for (const [at, address] of addresses.entries()) {
      put(program, `v${at}`, `west ${address}${at === 7 ? " mac=02:00:00:00:00:07" : ""}`);
    }
    put(program, "thief", idle);
    for (let second = 0; second < 30; second++) await program.clock.advance(1_000);
    for (let at = 0; at < victims; at++) assert.equal(readyOf(program, `v${at}`), "True NetworksReady");
    const before = countsOf(program);
    for (let at = 0; at * period < ms; at++) {
      put(program, "thief", at % 2 === 0 ? claims(at) : idle);
      await program.clock.advance(period);
      for (let victim = 0; victim < victims; victim++) {
        assert.match(readyOf(program, `v${victim}`), /^True /, `v${victim} after change ${at}`);
      }
    }
    const after = countsOf(program);
    const found: Counts = {
      patches: after.patches - before.patches,
      events: after.events - before.events,
      lines: after.lines - before.lines,
    };
    for (const kind of ["patches", "events", "lines"] as const) {
      assert.ok(found[kind] <= most[kind], `${found[kind]} ${kind}`);
    }
    await program.end();
  });
}

let version = 2;

/** A member of west; of one that is there the annotation is changed, and its status stays. */
function put({ api }: Program, name: string, networks: string): void {
  const old = api.find(pods, name);
  if (old === undefined) {
    const at = name === "thief" ? 0 : Number(name.slice(1)) + 1;
    const ip = `10.0.${1 + (at >> 8)}.${at & 255}`;
    return api.put(pods, memberPod({ name, uid: `uid-${name}`, networks, ip, form: "native" }));
  }
  const annotations = { ...old.metadata.annotations, [annotationKey]: networks };
  api.put(pods, { ...old, metadata: { ...old.metadata, annotations, resourceVersion: String(version++) } });
}

/** Status and reason of its condition. */
function readyOf({ api }: Program, name: string): string {
  const all = field(field(api.find(pods, name), "status"), "conditions");
  const found = Array.isArray(all)
    ? all.find((one) => textField(one, "type") === "vxlan.travelping.com/Ready")
    : undefined;
  return `${textField(found, "status")} ${textField(found, "reason")}`;
}

function countsOf({ api, lines }: Program): Counts {
  return {
    patches: api.count("PATCH pods/status"),
    events: api.count("POST events") + api.count("PATCH events"),
    lines: lines.length,
  };
}
