// A server in a process with few descriptors: says where it is, and what it complains of, until its stdin ends.
import { startHttpServer } from "../../lib/ops/http_server.ts";
import { systemClock } from "../../lib/time/clock.ts";

const print = (line: string): void => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const server = startHttpServer({
  address: { kind: "listen", hostname: "127.0.0.1", port: 0 },
  clock: systemClock,
  healthz: [],
  readyz: [],
  metrics: { render: () => Promise.resolve(""), contentType: "text/plain" },
  onError: print,
});
print(server.address ?? "");
await Deno.stdin.readable.pipeTo(new WritableStream());
await server.close();
