// The thief's table: what the controller's token is good for, tried right by right, without and with the policies.
import assert from "node:assert/strict";
import type { Json } from "../../contract/api_under_test.ts";
import { apiAccess } from "../api_access.ts";
import type { Cluster } from "../cluster.ts";
import { admissionFiles } from "../with_controller.ts";
import { until } from "../until.ts";
import { type Attempt, dry, event, podPath, type Scene } from "./attempts.ts";
import { type Deed, deeds } from "./deeds.ts";
import { statusPatches } from "./status_fields.ts";
import { type Answer, type Outcome, type Thief, thiefWith } from "./thief.ts";

const account = "system:serviceaccount:kube-system:kube-vxlan-controller";
const more = "a-thief-has-more";

/** What came of a deed. */
export interface Row {
  readonly deed: Pick<Deed, "right" | "given" | "it">;
  readonly without: Outcome;
  readonly with: Outcome;
  /** Words of the refusal with the policies. */
  readonly said: string;
}

/** Tries everything twice. The policies are in force before and after. Throws where the outcome is another one. */
export async function thiefTable(cluster: Cluster, scene: Scene): Promise<readonly Row[]> {
  const token = (await cluster.kubectl(["-n", "kube-system", "create", "token", "kube-vxlan-controller"]))
    .trim();
  using thief = thiefWith(token, await apiAccess(cluster));
  await cluster.kubectl(
    ["-n", scene.namespace, "apply", "-f", "-"],
    JSON.stringify(event(scene, "of-others")),
  );
  const { fields, shown } = await statusFields(cluster, scene);
  const all = [...deeds, ...fields];
  const attempts: Attempts = { thief, scene, shown };
  const guarded = await tryAll(cluster, { all, attempts });
  try {
    for (const file of admissionFiles) await cluster.kubectl(["delete", "-f", file]);
    await policiesAct(attempts, false);
    const open = await tryAll(cluster, { all, attempts });
    return all.map((deed, at) => rowOf(deed, { without: open[at], with: guarded[at] }));
  } finally {
    for (const file of admissionFiles) await cluster.kubectl(["apply", "-f", file]);
    await policiesAct(attempts, true);
  }
}

/** The table as people read it. */
export function tableText(rows: readonly Row[]): string {
  const lines = rows.map(({ deed, without, with: guarded }) => [
    deed.right ?? (deed.given === undefined ? "(none)" : `(given: ${deed.given})`),
    deed.it,
    words[without],
    words[guarded],
  ]);
  const all = [["RIGHT", "DEED", "WITHOUT POLICIES", "WITH POLICIES"], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all.map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()).join(
    "\n",
  );
}

const words: Readonly<Record<Outcome, string>> = {
  allowed: "ALLOWED",
  nothing: "changes nothing",
  rbac: "refused by RBAC",
  policy: "refused by policy",
  server: "refused as invalid",
};

interface Attempts {
  readonly thief: Thief;
  readonly scene: Scene;
  /** The member's status before. */
  readonly shown: Json;
}

/** A deed whose outcome without policies is the API server's business: `field` of the status is what it must not reach. */
type AnyDeed = Deed | (Omit<Deed, "without" | "with"> & { readonly field: string });

async function statusFields(
  cluster: Cluster,
  scene: Scene,
): Promise<{ readonly fields: readonly AnyDeed[]; readonly shown: Json }> {
  const openapi = JSON.parse(await cluster.kubectl(["get", "--raw", "/openapi/v3/api/v1"]));
  const { status: shown } = JSON.parse(await cluster.kubectl(["get", "--raw", podPath(scene, scene.member)]));
  const fields = statusPatches(openapi, shown).map(({ field, it, status }) => ({
    right: "pods/status patch",
    it,
    field,
    attempt: (): Attempt => ({
      method: "PATCH",
      path: `${podPath(scene, scene.member)}/status?${dry}`,
      contentType: "application/merge-patch+json",
      body: { status },
    }),
  }));
  return { fields, shown };
}

async function tryAll(
  cluster: Cluster,
  { all, attempts }: { readonly all: readonly AnyDeed[]; readonly attempts: Attempts },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const deed of all) {
    if (deed.given === undefined) answers.push(await tried(deed, attempts));
    else answers.push(await withRight(cluster, { right: deed.given, use: () => tried(deed, attempts) }));
  }
  return answers;
}

async function tried(deed: AnyDeed, { thief, scene, shown }: Attempts): Promise<Answer> {
  const attempt = deed.attempt(scene);
  const answer = "connect" in attempt ? await thief.connect(attempt.connect) : await thief.request(attempt);
  if (!("field" in deed) || answer.outcome !== "allowed") return answer;
  const { field } = deed;
  const isSame = JSON.stringify(answer.json.status[field]) === JSON.stringify(shown[field]);
  return isSame ? { ...answer, outcome: "nothing" } : answer;
}

/** Gives the account a right that it has not, for as long as `use` takes. */
async function withRight(
  cluster: Cluster,
  { right, use }: { readonly right: string; readonly use: () => Promise<Answer> },
): Promise<Answer> {
  const [resource = "", ...verbs] = right.split(" ");
  const grant = ["clusterrole", more, `--verb=${verbs.join(",")}`, `--resource=${resource}`];
  await cluster.kubectl(["create", ...grant]);
  await cluster.kubectl(["create", "clusterrolebinding", more, `--clusterrole=${more}`, `--user=${account}`]);
  try {
    let answer = await use();
    await until(`RBAC to know ${right}`, async () => {
      answer = await use();
      return answer.outcome !== "rbac";
    }, { seconds: 20 });
    return answer;
  } finally {
    await cluster.kubectl(["delete", "clusterrolebinding,clusterrole", more]);
  }
}

/** Policies come into force, and go, a moment after they were written. */
async function policiesAct({ thief, scene, shown }: Attempts, wanted: boolean): Promise<void> {
  const limited = deeds.filter((deed) => deed.with === "policy" && deed.given === undefined);
  await until(`the policies to be ${wanted ? "in force" : "gone"}`, async () => {
    const answers = await Promise.all(limited.map((deed) => tried(deed, { thief, scene, shown })));
    return answers.every(({ outcome }) => (outcome === "policy") === wanted);
  }, { seconds: 30 });
}

function rowOf(
  deed: AnyDeed,
  { without, with: guarded }: { readonly without: Answer | undefined; readonly with: Answer | undefined },
): Row {
  assert.ok(without && guarded);
  const name = `${deed.right ?? deed.given ?? "no right"}: ${deed.it}`;
  if ("field" in deed) {
    // Without the policies nobody but the API server itself may stop it; with them nothing may get through.
    assert.ok(["allowed", "nothing", "server"].includes(without.outcome), `${name}: ${without.said}`);
    const expected = without.outcome === "allowed" ? ["policy"] : ["policy", "nothing", "server"];
    assert.ok(
      expected.includes(guarded.outcome),
      `${name}, with the policies: ${guarded.outcome} ${guarded.said}`,
    );
  } else {
    assert.equal(without.outcome, deed.without, `${name}, without the policies: ${without.said}`);
    assert.equal(guarded.outcome, deed.with, `${name}, with the policies: ${guarded.said}`);
  }
  return { deed, without: without.outcome, with: guarded.outcome, said: guarded.said };
}
