// Whom do we trust, and as whom do we speak? The same server asked by both ways, a list and an exec, for each row.
import assert from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import type { Connection, Credentials } from "../../../lib/kube/config/connection.ts";
import { createExecutor } from "../../../lib/kube/exec/executor.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { type Authority, type CertificateForm, type Issued, makeAuthority } from "./certificates.ts";

const good = await makeAuthority("good");
const foreign = await makeAuthority("foreign");
const user = await good.issue("user");

interface Seen {
  /** "list Bearer t as user" of each request. */
  readonly requests: string[];
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** An API server that says what it got of whom. */
async function apiServer(tls: Issued): Promise<Seen> {
  const requests: string[] = [];
  const server = createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false, ca: good.ca });
  const see = (request: { readonly socket: unknown; readonly headers: Record<string, unknown> }): void => {
    // node's own types say Socket.
    const { subject } = (request.socket as TLSSocket).getPeerCertificate() ?? {};
    const way = request.headers.upgrade === "websocket" ? "exec" : "list";
    requests.push(`${way} ${request.headers.authorization ?? "nobody"} as ${subject?.CN ?? "nobody"}`);
  };
  server.on("request", (request, response) => {
    see(request);
    response.setHeader("content-type", "application/json").end("{}");
  });
  server.on("upgrade", (request, socket) => {
    see(request);
    socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });
  const port = await listen(server);
  return { requests, port, url: `https://127.0.0.1:${port}`, stop: () => stopped(server) };
}

/** A proxy that knows CONNECT. */
async function proxyServer(): Promise<
  { readonly asked: string[]; readonly port: number; stop(): Promise<void> }
> {
  const asked: string[] = [];
  const tunnels: { destroy(): void }[] = [];
  const server = createServer();
  server.on("connect", (request, socket) => {
    const { "proxy-authorization": login = "nobody" } = request.headers;
    asked.push(`${request.url?.replace(/:.*/, "")} ${login}`);
    const up = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      up.pipe(socket).pipe(up);
    });
    tunnels.push(up, socket);
    up.on("error", () => socket.destroy());
    socket.on("error", () => up.destroy());
  });
  const stop = (): Promise<void> => {
    for (const each of tunnels) each.destroy();
    return stopped(server);
  };
  return { asked, port: await listen(server), stop };
}

async function listen(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return address.port;
}

function stopped(server: Server | HttpServer): Promise<void> {
  if ("closeAllConnections" in server) server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** What a list and an exec come to: "fine", or why not. */
async function tryBoth(
  credentials: Credentials,
  connection: Pick<Connection, "server" | "tlsServerName" | "proxy">,
): Promise<readonly string[]> {
  const to: Connection = {
    ...connection,
    source: { description: "the test" },
    credentials: () => Promise.resolve({ authorization: "Bearer t", ...credentials }),
  };
  const client = createApiClient(to, { clock: systemClock });
  const executor = createExecutor(to, { clock: systemClock });
  const asked = { method: "GET", path: "/api", purpose: "list", deadline: 10_000 } as const;
  const listed = await client.json(asked).then(() => "fine", (error: Error) => error.message);
  const target = { namespace: "a", pod: "b", container: "c" };
  const { outcome } = await executor.run({ target, command: ["x"], deadline: 10_000 });
  client.close();
  executor.close();
  // The stub knows no pods: "gone" is its answer to an exec.
  return [listed, outcome.kind === "gone" ? "fine" : JSON.stringify(outcome)];
}

const rows: readonly {
  readonly it: string;
  readonly by: Authority;
  readonly form?: CertificateForm;
  /** Whose CA we are given; "itself": the server's own certificate. */
  readonly trusting: Authority | "itself" | "both" | "nobody";
  readonly tlsServerName?: string;
  readonly refused?: RegExp;
}[] = [
  { it: "of the CA", by: good, trusting: good },
  { it: "of the second CA of a bundle", by: good, trusting: "both" },
  { it: "of another CA", by: foreign, trusting: good, refused: /not trusted/ },
  { it: "of another CA, with none given", by: foreign, trusting: "nobody", refused: /not trusted/ },
  { it: "that is itself the CA given", by: good, trusting: "itself" },
  { it: "that says CA:TRUE, of the CA", by: good, form: "ca", trusting: good },
  { it: "that says CA:TRUE and is itself the CA given", by: good, form: "ca", trusting: "itself" },
  { it: "that says CA:TRUE, of another CA", by: foreign, form: "ca", trusting: good, refused: /not trusted/ },
  { it: "for another name", by: good, form: "elsewhere", trusting: good, refused: /not trusted|altnames/i },
  {
    it: "for the name that is asked for",
    by: good,
    form: "elsewhere",
    trusting: good,
    tlsServerName: "other.example",
  },
  {
    it: "not for the name that is asked for",
    by: good,
    trusting: good,
    tlsServerName: "other.example",
    refused: /not trusted/,
  },
  { it: "that has ended", by: good, form: "old", trusting: good, refused: /not trusted/ },
];

for (const { it, by, form, trusting, tlsServerName, refused } of rows) {
  Deno.test(`trust: a server's certificate ${it} is ${refused ? "refused, and no token sent" : "taken"}, both ways`, async () => {
    const issued = await by.issue("server", form);
    const api = await apiServer(issued);
    const given = trusting === "itself"
      ? { ca: issued.cert }
      : trusting === "both"
      ? { ca: `${foreign.ca}${good.ca}` }
      : trusting === "nobody"
      ? {}
      : { ca: trusting.ca };
    const came = await tryBoth({ ...given, ...user }, {
      server: api.url,
      ...(tlsServerName === undefined ? {} : { tlsServerName }),
    });
    await api.stop();
    if (refused) {
      for (const reason of came) assert.match(reason, refused);
      assert.deepEqual(api.requests, []);
      return;
    }
    assert.deepEqual(came, ["fine", "fine"]);
    assert.deepEqual(api.requests, ["list Bearer t as user", "exec Bearer t as user"]);
  });
}

Deno.test("trust: an old server's connection is not used by who trusts another CA", async () => {
  const api = await apiServer(await good.issue("server"));
  let ca = good.ca;
  const connection: Connection = {
    source: { description: "the test" },
    server: api.url,
    credentials: () => Promise.resolve({ ca }),
  };
  const client = createApiClient(connection, { clock: systemClock });
  const asked = { method: "GET", path: "/api", purpose: "list", deadline: 10_000 } as const;
  await client.json(asked);
  ca = foreign.ca;
  await assert.rejects(client.json(asked), /not trusted/);
  client.close();
  await api.stop();
});

Deno.test("client certificates: version 1 speaks, both ways; one without its key is refused before anything is sent", async () => {
  const api = await apiServer(await good.issue("server"));
  const old = await good.issue("microk8s", "v1");
  const leaf = await good.issue("teleport", "ca");
  for (const issued of [old, leaf]) {
    assert.deepEqual(await tryBoth({ ca: good.ca, ...issued }, { server: api.url }), ["fine", "fine"]);
  }
  const names = [
    "list Bearer t as microk8s",
    "exec Bearer t as microk8s",
    "list Bearer t as teleport",
    "exec Bearer t as teleport",
  ];
  assert.deepEqual(api.requests, names);
  const broken = [
    { cert: user.cert, key: old.key, found: /does not belong/ },
    { cert: "junk", key: user.key, found: /cannot be used/ },
    { cert: user.cert, key: encrypted, found: /is encrypted/ },
  ];
  for (const { found, ...given } of broken) {
    for (const reason of await tryBoth({ ca: good.ca, ...given }, { server: api.url })) {
      assert.match(reason, found);
    }
  }
  assert.equal(api.requests.length, 4);
  await api.stop();
});

const encrypted =
  "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";

Deno.test("proxy: both ways go through it, with its login, and the server is judged as without", async () => {
  const proxy = await proxyServer();
  const api = await apiServer(await good.issue("server"));
  const through = { server: api.url, proxy: `http://joe:p%40ss@127.0.0.1:${proxy.port}` };
  assert.deepEqual(await tryBoth({ ca: good.ca, ...user }, through), ["fine", "fine"]);
  const login = `Basic ${btoa("joe:p@ss")}`;
  assert.deepEqual(proxy.asked, [`127.0.0.1 ${login}`, `127.0.0.1 ${login}`]);
  for (const reason of await tryBoth({ ca: foreign.ca }, through)) assert.match(reason, /not trusted/);
  assert.equal(api.requests.length, 2);
  const nowhere = { server: api.url, proxy: "http://127.0.0.1:1" };
  for (const reason of await tryBoth({ ca: good.ca }, nowhere)) assert.match(reason, /ECONNREFUSED/);
  await api.stop();
  await proxy.stop();
});

Deno.test("trust: the program's own roots are nobody's to a cluster that has a CA", async () => {
  const api = await apiServer(await foreign.issue("server"));
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/good.pem`, good.ca);
  await Deno.writeTextFile(`${directory}/foreign.pem`, foreign.ca);
  const main = new URL("../../../main.ts", import.meta.url).pathname;
  const server = ["--server", api.url, "--token", "secret"];
  const run = (args: readonly string[]): Promise<Deno.CommandOutput> =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--cert",
        `${directory}/foreign.pem`,
        main,
        "list",
        "pods",
        ...server,
        ...args,
      ],
      env: { NODE_EXTRA_CA_CERTS: `${directory}/foreign.pem`, NO_COLOR: "1" },
    }).output();
  const refused = await run(["--ca-cert-file", `${directory}/good.pem`]);
  assert.match(new TextDecoder().decode(refused.stderr), /not trusted/);
  assert.deepEqual(api.requests, [], "the token was sent to a server that the CA does not vouch for");
  await run([]);
  assert.notDeepEqual(
    api.requests,
    [],
    "without a CA the program's roots count, so the test shows something",
  );
  await Deno.remove(directory, { recursive: true });
  await api.stop();
});
