// A server in a process that has run out of descriptors: says what it says of that, and when it answers again.
import { startHttpServer } from "../../lib/ops/http_server.ts";
import { systemClock } from "../../lib/time/clock.ts";

/** `console.log` of a process of its own. */
function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const failed = Promise.withResolvers<void>();
const server = startHttpServer({
  address: { kind: "listen", hostname: "127.0.0.1", port: 0 },
  clock: systemClock,
  healthz: [],
  readyz: [],
  metrics: { render: () => Promise.resolve(""), contentType: "text/plain" },
  onError: (message) => {
    print(message);
    failed.resolve();
  },
});
const [hostname = "", port] = (server.address ?? "").split(":");
// Connected first, while there is a descriptor for it; accepted only when there is none left.
const files: Deno.FsFile[] = [];
const takeAll = (): void => {
  try {
    for (;;) files.push(Deno.openSync("/dev/null"));
  } catch {
    // There are no more.
  }
};
const first = Deno.connect({ hostname, port: Number(port) });
const connection = await first;
takeAll();
files.pop()?.close();
// It may be reset: the listener that cannot take it is closed.
const second = await Deno.connect({ hostname, port: Number(port) }).catch(() => undefined);
await failed.promise;
for (const file of files) file.close();
connection.close();
second?.close();
for (;;) {
  const response = await fetch(`http://${server.address}/healthz`).catch(() => undefined);
  if (response?.ok) {
    await response.body?.cancel();
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
print("well again");
await server.close();
Deno.exit(0);
