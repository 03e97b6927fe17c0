// Who is left out of a check because it went meanwhile, who is not, and what is printed of both?
import assert from "node:assert/strict";
import { checkText, checkValue } from "../../../lib/cli/check/check_text.ts";
import { departed } from "../../../lib/cli/check/departed.ts";
import { ApiError } from "../../../lib/kube/api/client.ts";
import type { Outcome, ProbedPair } from "../../../lib/reach/reach_report.ts";
import { anInterface } from "../../overlay/plan/worlds.ts";

const network = anInterface();
const holds: Outcome = { kind: "not probed", reason: "lab/b: it is gone" };

/** By name: what the API server has of it. */
const pods: Readonly<Record<string, object | number>> = {
  stays: { metadata: { uid: "stays" } },
  deleted: 404,
  leaving: { metadata: { uid: "leaving", deletionTimestamp: "2026-11-27T05:00:00Z" } },
  replaced: { metadata: { uid: "another" } },
  hidden: 403,
  well: 404,
};

Deno.test("left out are members that went, are about to go or were replaced; of those alone that did not answer", async () => {
  const asked: string[] = [];
  const names = Object.keys(pods);
  const members = names.map((name) => ({
    ...{ pod: `lab/${name}`, uid: name, node: "n1", podIPs: [], network },
    agent: { unfit: "not asked here" },
  }));
  const [first] = members;
  assert.ok(first !== undefined);
  const pairs = members.slice(1).map((to): ProbedPair => ({
    ...{ from: first, to },
    outcome: to.uid === "well" ? { kind: "reachable" } : holds,
  }));
  const left = await departed(pairs, {
    members,
    signal: new AbortController().signal,
    client: {
      json: ({ path }) => {
        asked.push(path);
        const found = pods[path.split("/").at(-1) ?? ""];
        if (typeof found !== "number") return Promise.resolve(found);
        return Promise.reject(
          new ApiError({ kind: "status", status: found, reason: "", message: "" }, `${found}`),
        );
      },
    },
  });
  assert.deepEqual(left, ["lab/deleted", "lab/leaving", "lab/replaced"]);
  assert.equal(asked.length, 5, asked.join());
  assert.deepEqual(
    await departed([], { members, client: { json: () => assert.fail() }, signal: AbortSignal.timeout(1) }),
    [],
  );
});

Deno.test("pairs that could not be probed are counted by their reason, which names the pod", () => {
  const station = (pod: string): ProbedPair["from"] => ({ pod, node: "n1" });
  const pairs = ["lab/a", "lab/c"].flatMap((other): readonly ProbedPair[] => [
    { from: station(other), to: station("lab/b"), outcome: holds },
    { from: station("lab/b"), to: station(other), outcome: holds },
  ]);
  const odd: ProbedPair = {
    ...{ from: station("lab/a"), to: station("lab/c") },
    outcome: { kind: "not probed", reason: "no address" },
  };
  const segment = { network, members: [], pairs: [...pairs, odd], left: ["lab/d"] };
  const [head, ...lines] = checkText(segment);
  assert.match(
    head ?? "",
    /5 pairs probed, 0 without an answer, 5 that could not be probed; 1 member left meanwhile$/,
  );
  assert.deepEqual(lines.slice(-2), [
    "  4 pairs not probed: lab/b: it is gone",
    "  lab/a to lab/c not probed: no address",
  ]);
  const { items } = JSON.parse(JSON.stringify(checkValue([segment])));
  assert.deepEqual(items[0].left, ["lab/d"]);
});
