// Time for which another replica led counts for no failure: what is excused at first is so after the takeover, too.
import assert from "node:assert/strict";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import { configMaps, leases } from "../sandbox/api/resources.ts";
import { type Program, programWith, warnings } from "./whole_program.ts";

const second = 1_000;

async function rest({ clock }: Program, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) await clock.advance(second);
}

Deno.test("an agent that is not ready before and after an hour of standby: excused anew, and told when that has lasted", async () => {
  const program = await programWith(3);
  const { api, toys, leadership } = program;
  const aboutP1 = (): readonly string[] => warnings(program).filter((line) => line.includes("default/p1"));
  // Sessions of before end.
  await rest(program, 300);
  toys.opening = (uid) =>
    uid === "uid-p1"
      ? Promise.reject(
        new SessionEnded({ kind: "not-ready", reason: "container not found" }, "", "not ready"),
      )
      : Promise.resolve();
  const metadata = { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" };
  api.put(configMaps, { metadata, data: { west: "id=101 mtu=1390" } });
  await rest(program, 3);
  api.befall = ({ resource }) => resource === leases ? { status: 503 } : undefined;
  await rest(program, 3_600);
  assert.match(leadership.join(), /^started,stopped: [^,]*$/);
  assert.deepEqual(aboutP1(), []);
  api.befall = () => undefined;
  const opened = toys.opened;
  await rest(program, 50);
  assert.equal(leadership.at(-1), "started");
  assert.ok(toys.opened > opened, "it was looked at");
  assert.deepEqual(aboutP1(), []);
  await rest(program, 120);
  assert.match(aboutP1().join("\n"), /^.*Cannot look into the pod: container \S+ is not ready for exec.*$/);
  await program.end();
});
