// What is the answer to a request for a resource? Verbs become calls of the store, objects become JSON.
import { inward, inwardSelector, outward, storedAs } from "../store/event_forms.ts";
import { asObject, field, isJsonObject, type KubeObject, textField } from "../store/kube_object.ts";
import { ListPages } from "../store/list_pages.ts";
import type { DeleteOptions, ObjectKey, ObjectStore } from "../store/objects.ts";
import { applyPatch } from "../store/patching.ts";
import { checkCreate, checkUpdate } from "../store/validation.ts";
import { pods } from "./resources.ts";
import type { ApiRoute } from "./routes.ts";
import type { Selection } from "../store/selectors.ts";
import { badRequest, gone, unsupportedMediaType } from "./status.ts";
import { metadataView, plainView, type View } from "./views.ts";
import type { Watches, WatchRequest } from "./watch.ts";
import type { WireConnection } from "../faults/wire.ts";

/** One request on its way. */
export interface ResourceRequest {
  readonly route: ApiRoute;
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly connection: WireConnection;
  readonly watchFault?: NonNullable<WatchRequest["fault"]>;
}

/** Answers every verb but connect. */
export class ResourceRequests {
  /** Lists under way; a test may forget them. */
  readonly pages = new ListPages();
  readonly #store: ObjectStore;
  readonly #watches: Watches;

  constructor(store: ObjectStore, watches: Watches) {
    this.#store = store;
    this.#watches = watches;
  }

  /** The answer. Throws StatusErrors. */
  async answer(asked: ResourceRequest): Promise<Response> {
    const { route, request } = asked;
    const view = viewOf(asked);
    switch (route.verb) {
      case "get":
        return json(view.one(this.#store.get(keyOf(route))));
      case "list":
        return this.#list(asked, view);
      case "watch":
        return this.#watch(asked, view);
      case "create": {
        const given = asObject(await bodyOf(request));
        checkCreate(given, route);
        const body = inward(route.resource, given);
        const made = this.#store.create(storedAs(route.resource), body, route.namespace);
        return json(view.one(made), 201);
      }
      case "update":
      case "patch":
        return json(view.one(this.#write(asked, await bodyOf(request))));
      case "delete":
        return this.#delete(asked, await bodyOf(request));
      case "connect":
        throw badRequest("Upgrade request required");
      default:
        return route.verb satisfies never;
    }
  }

  #list({ route, query }: ResourceRequest, view: View): Response {
    const limit = Number(query.get("limit") ?? 0);
    const token = query.get("continue") ?? "";
    const version = query.get("resourceVersion") ?? "";
    if (version !== "" && version !== "0") this.#store.readVersion(version, { future: "refused" });
    if (token !== "") return pageOf(this.pages.next(token, limit), view);
    const found = this.#store.list(storedAs(route.resource), selectionOf(route, query));
    // The watch cache, which answers version 0, knows no pages.
    const options = {
      version: this.#store.version,
      limit: version === "0" ? 0 : limit,
      counted: !query.has("labelSelector") && !query.has("fieldSelector"),
    };
    return pageOf(this.pages.first(found, options), view);
  }

  #watch(asked: ResourceRequest, view: View): Response {
    const { route, query, connection, watchFault } = asked;
    const version = query.get("resourceVersion") ?? "";
    const wantsInitial = query.get("sendInitialEvents") === "true";
    const synthetic = version === "" || version === "0" || wantsInitial;
    return this.#watches.open({
      resource: storedAs(route.resource),
      selection: selectionOf(route, query),
      from: synthetic ? undefined : this.#store.readVersion(version, { future: "accepted" }),
      marksInitial: wantsInitial,
      bookmarks: query.get("allowWatchBookmarks") === "true",
      timeoutSeconds: Number(query.get("timeoutSeconds") ?? 0),
      view,
      connection,
      ...(watchFault === undefined ? {} : { fault: watchFault }),
    });
  }

  #write({ route, request }: ResourceRequest, body: unknown): KubeObject {
    const part = route.subresource === "status" ? "status" : "object";
    const contentType = request.headers.get("content-type") ?? "";
    return this.#store.update(keyOf(route), part, (old) => {
      const shown = outward(route.resource, old);
      const changed = asObject(route.verb === "patch" ? applyPatch(shown, body, contentType) : body);
      checkUpdate({ old: shown, changed, route });
      return inward(route.resource, changed);
    });
  }

  #delete({ route, query }: ResourceRequest, body: unknown): Response {
    const deleted = this.#store.delete(keyOf(route), deleteOptionsOf(query, body));
    if (route.resource === pods) return json(deleted);
    const { name, uid } = deleted.metadata;
    const details = { name, kind: route.resource.plural, uid };
    return json({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
  }
}

/** The 410 of a fault, in words of the real server. */
export const goneByFault = gone("too old resource version: 1 (2)");

function keyOf(route: ApiRoute): ObjectKey {
  return {
    resource: storedAs(route.resource),
    name: route.name ?? "",
    ...(route.namespace === undefined ? {} : { namespace: route.namespace }),
  };
}

function selectionOf(route: ApiRoute, query: URLSearchParams): Selection {
  return {
    ...(route.namespace === undefined ? {} : { namespace: route.namespace }),
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: inwardSelector(route.resource, query.get("fieldSelector") ?? ""),
  };
}

function viewOf({ route: { resource }, request }: ResourceRequest): View {
  const isMetadata = /^application\/json;as=PartialObjectMetadata(List)?;/.test(
    request.headers.get("accept") ?? "",
  );
  const view = isMetadata ? metadataView(resource) : plainView(resource);
  return {
    ...view,
    one: (object) => view.one(outward(resource, object)),
    many: (objects, metadata) => view.many(objects.map((one) => outward(resource, one)), metadata),
  };
}

function deleteOptionsOf(query: URLSearchParams, body: unknown): DeleteOptions {
  const preconditions = field(body, "preconditions");
  const uid = textField(preconditions, "uid");
  const resourceVersion = textField(preconditions, "resourceVersion");
  const asked = query.get("gracePeriodSeconds") ?? field(body, "gracePeriodSeconds") ?? undefined;
  return {
    ...(asked === undefined ? {} : { graceSeconds: Number(asked) }),
    ...(uid === "" ? {} : { uid }),
    ...(resourceVersion === "" ? {} : { resourceVersion }),
  };
}

async function bodyOf(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (type !== "" && !type.includes("json")) throw unsupportedMediaType(type);
  const text = await request.text();
  if (text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) || Array.isArray(value) ? value : {};
  } catch {
    throw badRequest("the object provided is unrecognized (must be JSON)");
  }
}

function pageOf(page: ReturnType<ListPages["next"]>, view: View): Response {
  return json(view.many(page.objects, page.metadata));
}

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value) + "\n", {
    status,
    headers: { "content-type": "application/json" },
  });
}
