// Does an archive keep its bounds, say what is missing, and hold nothing that is somebody's secret or leads elsewhere?
import assert from "node:assert/strict";
import { Dump } from "../../../lib/cli/sysdump/dump.ts";
import { podRecord } from "../../../lib/cli/sysdump/pod_record.ts";
import { readText } from "../../../lib/cli/bounded_reading.ts";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { loadConnection } from "../../../lib/kube/config/load_connection.ts";
import { systemClock } from "../../../lib/time/clock.ts";

const small = { file: 100, total: 250, files: 4, notes: 2 };

Deno.test("a long file keeps its beginning or its end, and it is said", () => {
  const dump = new Dump(small);
  dump.add("a", "b".repeat(100) + "end");
  dump.add("z", "b".repeat(100) + "end", { keep: "end" });
  const [said, a, z] = dump.files(["head"]);
  assert.equal(a?.text, "b".repeat(100));
  assert.ok(z?.text.endsWith("end"));
  assert.match(
    said?.text ?? "",
    /^head\n\nWhat could not be read, or was cut:\n- a: cut, the beginning is there: 100 of 103/,
  );
  assert.match(said?.text ?? "", /- z: cut, the end is there/);
});

Deno.test("what does not fit any more is left out, by size and by number, and the notes are counted", () => {
  const dump = new Dump(small);
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) dump.add(name, "x".repeat(90));
  const [said, ...files] = dump.files([]);
  assert.deepEqual(files.map(({ path, text }) => [path, text.length]), [["a", 90], ["b", 90], ["c", 70]]);
  assert.match(said?.text ?? "", /- c: cut.*\n- d: left out, the archive is full\n- and 3 more/);
  assert.equal(dump.missed, 5);
});

Deno.test("no path leads out of the folder, no text steers a terminal, no credential gets in", () => {
  const dump = new Dump();
  dump.add("pods/../../etc/passwd", "x");
  dump.add("log", "\u001b[2Jhidden\nAuthorization: Bearer abcdef.ghi\nhttps://me:secret@host/");
  const files = dump.files([]);
  assert.deepEqual(files.map(({ path }) => path), ["READ-ME.txt", "log", "pods/_/_/etc/passwd"]);
  assert.equal(
    files[1]?.text,
    "\\u{1b}[2Jhidden\nAuthorization: Bearer [redacted]\nhttps://me:[redacted]@host/",
  );
});

Deno.test("of a pod: what networks depend on, and nothing that may be a secret", () => {
  const secret = "s3cret";
  const shown = podRecord({
    metadata: {
      name: "a",
      annotations: {
        "vxlan.travelping.com/networks": "west",
        "kubectl.kubernetes.io/last-applied-configuration": secret,
      },
      managedFields: [secret],
    },
    spec: {
      volumes: [{ secret: { secretName: secret } }],
      initContainers: [{
        name: "vxlan-controller-agent",
        command: ["agent"],
        env: [{ name: "A", value: secret }],
      }],
      containers: [{
        name: "app",
        image: "app",
        command: ["app", `--password=${secret}`],
        args: [secret],
        env: [{ name: "PASSWORD", value: secret }],
        envFrom: [{ secretRef: { name: secret } }],
        livenessProbe: { exec: { command: [secret] } },
        lifecycle: { preStop: { exec: { command: [secret] } } },
      }],
    },
    status: {
      containerStatuses: [{
        name: "app",
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
        lastState: { terminated: { exitCode: 1, message: secret } },
      }],
    },
  }, { annotationKey: "vxlan.travelping.com/networks", containers: ["vxlan-controller-agent"] });
  const text = JSON.stringify(shown);
  assert.ok(!text.includes(secret), text);
  for (
    const kept of ['"west"', '"agent"', "CrashLoopBackOff", '"exitCode":1', '"PASSWORD"', "last-applied"]
  ) {
    assert.ok(text.includes(kept), kept);
  }
});

for (const keep of ["beginning", "end"] as const) {
  Deno.test(`a log without an end is read up to a bound; the ${keep} is kept`, async () => {
    let sent = 0;
    const body = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (out) => {
          sent += 65_536;
          out.enqueue(new TextEncoder().encode("x".repeat(65_535) + "\n"));
        },
      });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(body()),
    );
    const connection = await loadConnection({ server: `http://127.0.0.1:${server.addr.port}` }, {
      env: () => undefined,
      readTextFile: () => Promise.reject(new Error("no files")),
      clock: systemClock,
    });
    const client = createApiClient(connection, { clock: systemClock });
    const signal = new AbortController().signal;
    const reading = { client, clock: systemClock, signal };
    const { text, isCut } = await readText(reading, { path: "/log", purpose: "read", most: 100_000, keep });
    client.close();
    await server.shutdown();
    assert.deepEqual([text.length, isCut], [100_000, true]);
    assert.ok(sent < 80 * 1024 * 1024, String(sent));
  });
}
