// What is asked of a neighbour table, and how often, until what it says is decided?
import assert from "node:assert/strict";
import { probeAll } from "../../lib/reach/probe_all.ts";
import { fakeClock } from "../time/fake_clock.ts";

const target = { address: "10.0.0.2", device: "west" };
const use = "neigh replace 10.0.0.2 dev west use";
const away = "neigh flush to 10.0.0.2 dev west";
const again = [away, use];
const swept = "neigh flush to 10.0.0.2 dev west nud failed";

const cases: readonly {
  readonly it: string;
  /** Of each look; the last one stays. */
  readonly shows: readonly string[];
  readonly outcome: string;
  /** Lines that ask or take away. */
  readonly lines: readonly string[];
}[] = [
  { it: "answers", shows: ["", "INCOMPLETE", "REACHABLE"], outcome: "reachable", lines: [use, away] },
  { it: "does not", shows: ["", "INCOMPLETE", "FAILED"], outcome: "unreachable", lines: [use, away] },
  {
    it: "asks us meanwhile, so that our kernel asks no more",
    shows: ["", "INCOMPLETE", "STALE", "PROBE", "REACHABLE"],
    outcome: "reachable",
    lines: [use, ...again, away],
  },
  {
    it: "asks us, and is not reached",
    shows: ["", "INCOMPLETE", "STALE", "PROBE", "FAILED"],
    outcome: "unreachable",
    lines: [use, ...again, away],
  },
  {
    it: "its entry is swept away from a full table",
    shows: ["", "INCOMPLETE", "", "INCOMPLETE", "REACHABLE"],
    outcome: "reachable",
    lines: [use, use, away],
  },
  {
    it: "was there: it stays",
    shows: ["STALE", "PROBE", "REACHABLE"],
    outcome: "reachable",
    lines: [...again, swept],
  },
  { it: "was set by somebody", shows: ["PERMANENT"], outcome: "not probed", lines: [swept] },
  { it: "never decides", shows: ["", "INCOMPLETE"], outcome: "unreachable", lines: [use, away] },
];

for (const { it, shows, outcome, lines } of cases) {
  Deno.test(`a neighbour that ${it}`, async () => {
    const clock = fakeClock();
    const said: string[] = [];
    let looks = 0;
    const probed = probeAll([target], {
      clock,
      ask: (asked) => {
        said.push(...asked.filter((line) => !line.startsWith("neigh show")));
        const state = shows[Math.min(looks++, shows.length - 1)];
        return Promise.resolve([state === "" ? "[]" : JSON.stringify([{ state: [state] }])]);
      },
    });
    for (let at = 0; at < 30; at++) await clock.advance(500);
    assert.deepEqual([(await probed)[0]?.kind, said], [outcome, lines]);
    assert.deepEqual(clock.waiting(), []);
  });
}
