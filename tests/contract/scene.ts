// What does one case work with? The server, names of the case's own, and the few objects that most cases begin with.
import assert from "node:assert/strict";
import type { ApiAnswer, ApiRequest, ApiUnderTest, ApiWatch, Json } from "./api_under_test.ts";

/** One clause of the contract. */
export interface Case {
  readonly it: string;
  readonly test: (scene: Scene) => Promise<void>;
}

/** Makes things and cleans up after the case. */
export class Scene implements AsyncDisposable {
  readonly api: ApiUnderTest;
  /** Unlike that of every other case: names begin with it, and `label` carries it. */
  readonly mark: string;
  readonly #made = new Set<string>();

  constructor(api: ApiUnderTest, mark: string) {
    this.api = api;
    this.mark = mark;
  }

  /** Label selector of everything that this case makes. */
  get selector(): string {
    return `contract=${this.mark}`;
  }

  /** A name of this case. */
  name(suffix: string): string {
    return `${this.mark}-${suffix}`;
  }

  /** Path of a collection in the suite's namespace, with a query. */
  path(plural: string, query: Readonly<Record<string, string | number>> = {}): string {
    return withQuery(`/api/v1/namespaces/${this.api.namespace}/${plural}`, query);
  }

  /** As `path`, selecting this case's objects only. */
  mine(plural: string, query: Readonly<Record<string, string | number>> = {}): string {
    return this.path(plural, { labelSelector: this.selector, ...query });
  }

  /** Sends a request that has to succeed. */
  async must(request: ApiRequest): Promise<Json> {
    const answer = await this.api.request(request);
    const { method = "GET", path } = request;
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** Sends a request that has to fail, and gives the Status. */
  async refused(request: ApiRequest): Promise<Json> {
    const answer = await this.api.request(request);
    assert.ok(answer.status >= 400, `${request.method ?? "GET"} ${request.path} succeeded: ${answer.text}`);
    return checkStatus(answer);
  }

  /** Metadata of an object of this case. */
  metadata(suffix: string, more: object = {}): Json {
    return { name: this.name(suffix), labels: { contract: this.mark }, ...more };
  }

  /** Creates an object in a collection; it is deleted at the end of the case. */
  async create(collection: string, object: unknown): Promise<Json> {
    const made = await this.must({ path: collection, method: "POST", body: object });
    this.#made.add(`${collection.split("?")[0]}/${made.metadata.name}`);
    return made;
  }

  /** A ConfigMap: the cheapest object there is. */
  async configMap(
    suffix: string,
    more: { readonly data?: object; readonly metadata?: object } = {},
  ): Promise<Json> {
    const { data = {}, metadata = {} } = more;
    return await this.create(this.path("configmaps"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: this.metadata(suffix, metadata),
      data,
    });
  }

  /** A pod. One that no scheduler looks after stays as it is, unless `spec` names another scheduler. */
  async pod(suffix: string, spec: object = {}): Promise<Json> {
    return await this.create(this.path("pods"), {
      apiVersion: "v1",
      kind: "Pod",
      metadata: this.metadata(suffix),
      spec: {
        schedulerName: "nobody",
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "c", image: this.api.image, imagePullPolicy: "IfNotPresent" }],
        ...spec,
      },
    });
  }

  /** A pod that runs, once its containers do. */
  async runningPod(suffix: string, spec: object = {}): Promise<Json> {
    const { metadata } = await this.pod(suffix, { schedulerName: "default-scheduler", ...spec });
    return await this.podWhen(metadata.name, (pod) => pod.status.phase === "Running");
  }

  /** The pod as soon as a condition holds. */
  async podWhen(name: string, holds: (pod: Json) => boolean): Promise<Json> {
    await using watch = await this.watch(this.path("pods", {
      watch: 1,
      fieldSelector: `metadata.name=${name}`,
      timeoutSeconds: 60,
    }));
    for (let event = await watch.next(); event !== undefined; event = await watch.next()) {
      if (event.type !== "BOOKMARK" && holds(event.object)) return event.object;
    }
    assert.fail(`pod ${name} did not get there in time`);
  }

  /** Opens a watch that has to open. */
  async watch(path: string): Promise<ApiWatch> {
    const watch = await this.api.watch(path);
    assert.equal(watch.status, 200, path);
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#made) {
      await this.api.request({ path, method: "DELETE", body: { gracePeriodSeconds: 0 } });
    }
  }
}

/** Reads so many events, as `TYPE name`, without the scene's mark. */
export async function events(watch: ApiWatch, count: number, mark: string): Promise<readonly string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const event = await watch.next();
    if (event === undefined) break;
    seen.push(`${event.type} ${event.object.metadata.name.replace(`${mark}-`, "")}`);
  }
  return seen;
}

/** The Status of a refusal, which every error of the API is. */
export function checkStatus(answer: ApiAnswer): Json {
  const { json, status } = answer;
  assert.equal(json?.kind, "Status", answer.text);
  assert.deepEqual([json.apiVersion, json.status, json.code], ["v1", "Failure", status]);
  assert.equal(typeof json.message, "string");
  return json;
}

function withQuery(path: string, query: Readonly<Record<string, string | number>>): string {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return text.size === 0 ? path : `${path}?${text}`;
}
