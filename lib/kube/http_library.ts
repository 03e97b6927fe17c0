// How do the generated API classes of client-node reach the API server? Through our client, not through its own HTTP.
import {
  CoordinationV1Api,
  CoreV1Api,
  createConfiguration,
  EventsV1Api,
  type HttpLibrary,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import { Buffer } from "node:buffer";
import type { ApiClient, ApiRequest } from "./api_client.ts";
import { purposeOf } from "./api_path.ts";
import type { Connection } from "./connection.ts";

/** The API classes that are used. Their methods throw ApiError, not client-node's ApiException. */
export interface Apis {
  readonly core: CoreV1Api;
  readonly coordination: CoordinationV1Api;
  readonly events: EventsV1Api;
}

/** ms for one call of a generated API class. */
const callDeadline = 30_000;

/** The generated API classes over our client. */
export function createApis(connection: Connection, client: ApiClient): Apis {
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(connection.server, {}),
    httpApi: httpLibrary(connection, client),
    authMethods: {},
  });
  return {
    core: new CoreV1Api(configuration),
    coordination: new CoordinationV1Api(configuration),
    events: new EventsV1Api(configuration),
  };
}

/** client-node's seam for HTTP, on our client: its deadlines, credentials, caps, errors and metrics. */
export function httpLibrary(connection: Connection, client: ApiClient): HttpLibrary {
  return wrapHttpLibrary({
    send: async (context) => {
      const { status, contentType, text } = await client.answer(requestOf(context, connection.server));
      const bytes = Buffer.from(text);
      return new ResponseContext(status, { "content-type": contentType }, {
        text: () => Promise.resolve(text),
        binary: () => Promise.resolve(bytes),
        stream: () => null,
      });
    },
  });
}

function requestOf(context: RequestContext, server: string): ApiRequest {
  const method = methodOf(context.getHttpMethod());
  const path = context.getUrl().slice(server.length);
  const body = context.getBody();
  const signal = context.getSignal();
  if (body !== undefined && typeof body !== "string") {
    throw new TypeError(`Cannot send ${method} ${path}: its body is not a text`);
  }
  return {
    method,
    path,
    purpose: purposeOf(method, path),
    deadline: callDeadline,
    ...(body === undefined ? {} : { text: body, contentType: contentTypeOf(context) }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function methodOf(method: string): ApiRequest["method"] {
  switch (method) {
    case "GET":
    case "POST":
    case "PUT":
    case "PATCH":
    case "DELETE":
      return method;
    default:
      throw new TypeError(`Cannot send a request: the API has no method ${method}`);
  }
}

function contentTypeOf(context: RequestContext): string {
  const header = Object.entries(context.getHeaders()).find(([name]) => name.toLowerCase() === "content-type");
  return header?.[1] ?? "application/json";
}
