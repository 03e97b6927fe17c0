// Where do requests come in? The sandbox's API server: HTTP on loopback, credentials, faults, counting, and who answers.
import { Counters } from "../faults/counters.ts";
import { discoveryAnswer } from "./discovery.ts";
import { readExecRequest } from "../exec/exec_request.ts";
import type { Container } from "../kubelet/data_plane.ts";
import { openExecSocket } from "../exec/exec_socket.ts";
import { FaultBook, type RequestFault, type Strike } from "../faults/faults.ts";
import type { ObjectStore } from "../store/objects.ts";
import { goneByFault, ResourceRequests } from "./resource_requests.ts";
import { pods } from "./resources.ts";
import { type ApiRoute, routeOf } from "./routes.ts";
import {
  asStatusError,
  methodNotServed,
  notServed,
  StatusError,
  statusResponse,
  unauthorized,
} from "./status.ts";
import { Watches, type WatchRequest } from "./watch.ts";
import { Wire, type WireConnection } from "../faults/wire.ts";

/** What a server is made of. */
export interface ApiServerOptions {
  readonly store: ObjectStore;
  /** The container of a pod (by its uid), if it runs: the kubelet knows. */
  readonly containerOf: (uid: string, container: string) => Container | undefined;
  /** Bearer token that clients must show; absent: anybody may do anything. */
  readonly token?: string;
  /** ms between bookmarks; default 60 s, as in the real server. */
  readonly bookmarkEvery?: number;
}

/** A running API server. */
export class ApiServer {
  readonly counters = new Counters();
  readonly faults = new FaultBook();
  readonly watches: Watches;
  readonly wire: Wire;
  /** Where GET of a pod's proxy leads to: by `NAMESPACE/POD:PORT` a URL without a trailing slash. */
  readonly proxied = new Map<string, string>();
  readonly #options: ApiServerOptions;
  readonly #resources: ResourceRequests;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { store, bookmarkEvery = 60_000 } = options;
    this.watches = new Watches({ store, bookmarkEvery });
    this.#resources = new ResourceRequests(store, this.watches);
    this.#http = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request, info) => this.#answer(request, info.remoteAddr.port),
    );
    this.wire = new Wire(this.#http.addr.port);
  }

  /** Base URL, without a trailing slash; the same after the server was away. */
  get url(): string {
    return `http://127.0.0.1:${this.wire.port}`;
  }

  /** As etcd compaction and a restart would: older versions and lists under way are answered 410 from now on. */
  forgetHistory(): void {
    this.#options.store.log.forget(this.#options.store.version);
    this.#resources.pages.forget();
  }

  /** Ends every connection and closes the port. */
  async close(): Promise<void> {
    this.faults.liftAll();
    this.watches.end();
    await this.wire.close();
    await this.#http.shutdown();
  }

  async #answer(request: Request, port: number): Promise<Response> {
    try {
      return await this.#dispatch(request, this.wire.connection(port));
    } catch (error) {
      return statusResponse(asStatusError(error));
    }
  }

  async #dispatch(request: Request, connection: WireConnection): Promise<Response> {
    const url = new URL(request.url);
    const { token } = this.#options;
    if (token !== undefined && request.headers.get("authorization") !== `Bearer ${token}`) {
      throw unauthorized();
    }
    if (["/healthz", "/readyz", "/livez"].includes(url.pathname)) return new Response("ok");
    const known = request.method === "GET" ? discoveryAnswer(url.pathname) : undefined;
    if (known !== undefined) return Response.json(known);
    const [, namespace, pod, path] = podProxy.exec(url.pathname) ?? [];
    const target = request.method === "GET" ? this.proxied.get(`${namespace}/${pod}`) : undefined;
    if (target !== undefined) return await fetch(`${target}${path}${url.search}`);
    const route = routeOf(request.method, url);
    if (route === "unknown-path") throw notServed(url.pathname);
    if (route === "unknown-method") throw methodNotServed(request.method, url.pathname);
    this.counters.countRequest(route);
    const query = url.searchParams;
    const strike = this.faults.strikeRequest({ ...route, continued: query.has("continue") });
    const watchFault = strike === undefined ? undefined : await endure(strike, { route, connection });
    if (route.verb === "connect") return this.#exec(request, { route, query, connection });
    const asked = { route, request, query, connection };
    return await this.#resources.answer(watchFault === undefined ? asked : { ...asked, watchFault });
  }

  #exec(
    request: Request,
    asked: { readonly route: ApiRoute; readonly query: URLSearchParams; readonly connection: WireConnection },
  ): Response {
    const { route, query, connection } = asked;
    const { namespace = "default", name = "" } = route;
    const exec = readExecRequest(this.#options.store.get({ resource: pods, namespace, name }), query);
    const { container, command } = exec;
    const lines: string[] = [];
    this.counters.countExec({ namespace, pod: name, container, command, lines });
    return openExecSocket({
      request,
      exec,
      container: this.#options.containerOf(exec.pod.metadata.uid, container),
      strike: this.faults.strikeExec({ namespace, pod: name, container, command }),
      connection,
      onLine: (line) => lines.push(line),
    });
  }
}

const podProxy = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/proxy(\/.*)$/;

/** Lets a fault strike: throws its answer, waits, cuts, or gives what is to go into the watch. */
async function endure(
  strike: Strike<RequestFault>,
  where: { readonly route: ApiRoute; readonly connection: WireConnection },
): Promise<WatchRequest["fault"]> {
  const { fault, lifted } = strike;
  switch (fault.kind) {
    case "status": {
      const { code, retryAfterSeconds } = fault;
      if (code === 410) throw goneByFault;
      const extra = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      const message = fault.message?.() ?? messageOf(code, where.route);
      throw new StatusError(code, reasonOf(code), message, extra);
    }
    case "gone-event":
      return "gone";
    case "hang":
      await lifted;
      return undefined;
    case "drop":
      where.connection.cut();
      throw new StatusError(500, "InternalError", "cut by a fault");
    case "watch-text":
      return { text: fault.text, then: fault.then };
    default:
      return fault satisfies never;
  }
}

function reasonOf(code: number): string {
  const reasons: Record<number, string> = {
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  return reasons[code] ?? "InternalError";
}

function messageOf(code: number, route: ApiRoute): string {
  if (code === 401) return "Unauthorized";
  if (code === 429) return "the server has received too many requests and has asked us to try again later";
  if (code !== 403) return "an error on the server has prevented the request from succeeding";
  const { plural, group } = route.resource;
  const part = route.subresource === undefined ? plural : `${plural}/${route.subresource}`;
  const scope = route.namespace === undefined
    ? "at the cluster scope"
    : `in the namespace "${route.namespace}"`;
  const verb = route.verb === "connect" ? "create" : route.verb;
  return `${plural} is forbidden: User "sandbox" cannot ${verb} resource "${part}" in API group "${group}" ${scope}`;
}
