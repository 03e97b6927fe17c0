// What objects are there, and what does each kind of write make of them? The sandbox's etcd.
import { EventLog } from "./event_log.ts";
import { asObject, type KubeObject, type ObjectMeta, sameJson } from "./kube_object.ts";
import { apiVersionOf, namespaces, type ResourceType } from "../api/resources.ts";
import { type Selection, selectorOf } from "./selectors.ts";
import { alreadyExists, badRequest, conflict, invalid, notFound, versionTooLarge } from "../api/status.ts";
import { timestamp } from "./timestamp.ts";
import { checkAnnotations, defaults, graceOf, merged, type WritePart } from "./write_rules.ts";

/** Names one object. */
export interface ObjectKey {
  readonly resource: ResourceType;
  readonly namespace?: string;
  readonly name: string;
}

/** How an object is to be deleted. */
export interface DeleteOptions {
  /** Absent: the pod's own grace period, or at once for anything else. */
  readonly graceSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** The objects. Every method throws StatusErrors with the words of the real server. */
export class ObjectStore {
  readonly log: EventLog;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #uidOf: (given: KubeObject) => string;
  #version = 1000;

  /** `window` is the number of changes that watches can go back; `uidOf`: uids that are not by chance. */
  constructor(
    options: { readonly window: number; readonly uidOf?: (given: KubeObject) => string },
  ) {
    this.#uidOf = options.uidOf ?? ((): string => crypto.randomUUID());
    this.log = new EventLog({ window: options.window, start: this.#version });
  }

  /** The version of the last write: what a list carries. */
  get version(): number {
    return this.#version;
  }

  /** One object; 404. */
  get(key: ObjectKey): KubeObject {
    const found = this.find(key);
    if (found === undefined) throw notFound(key.resource, key.name);
    return found;
  }

  /** One object, if there is one. */
  find(key: ObjectKey): KubeObject | undefined {
    return this.#of(key.resource).get(idOf(key));
  }

  /** The selected objects, sorted by namespace and name. */
  list(resource: ResourceType, selection: Selection = {}): readonly KubeObject[] {
    const selects = selectorOf(selection, resource);
    const found = [...this.#of(resource).entries()].filter(([, object]) => selects(object));
    return found.sort(([one], [other]) => one < other ? -1 : 1).map(([, object]) => object);
  }

  /** Makes an object; 409 when there is one, 404 when its namespace is missing, 422 without a name. */
  create(resource: ResourceType, body: unknown, namespace?: string): KubeObject {
    const given = asObject(body);
    const key = this.#newKey(resource, given, namespace);
    if (this.find(key) !== undefined) throw alreadyExists(resource, key.name);
    checkAnnotations(given);
    const version = ++this.#version;
    const metadata: ObjectMeta = {
      ...given.metadata,
      ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
      name: key.name,
      uid: this.#uidOf(given),
      creationTimestamp: timestamp(),
      resourceVersion: String(version),
    };
    const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    const object = { ...given, ...kind, metadata, ...defaults(resource, given) };
    this.#of(resource).set(idOf(key), object);
    this.log.append({ version, resource, type: "ADDED", object });
    return object;
  }

  /**
   * Replaces an object by what `change` makes of it; 404, 409 when the result carries an old version or another uid.
   * A result equal to what is there writes nothing and keeps the version, as in the real server.
   */
  update(key: ObjectKey, part: WritePart, change: (old: KubeObject) => unknown): KubeObject {
    const old = this.get(key);
    const given = asObject(change(old));
    const { resource } = key;
    const asked = given.metadata.resourceVersion;
    if (asked !== "" && asked !== old.metadata.resourceVersion) throw conflict(resource, key.name);
    if (given.metadata.uid !== "" && given.metadata.uid !== old.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${given.metadata.uid}, UID in object meta: `;
      throw conflict(resource, key.name, why + old.metadata.uid);
    }
    const object = merged(old, given, { resource, part });
    if (sameJson(object, old)) return old;
    checkAnnotations(object);
    return this.#write(key, old, object);
  }

  /**
   * Deletes. A pod that runs somewhere is only marked, its kubelet removes it; everything else goes at once.
   * 404, and 409 when a precondition fails.
   */
  delete(key: ObjectKey, options: DeleteOptions = {}): KubeObject {
    const old = this.get(key);
    const { uid, resourceVersion } = options;
    if (uid !== undefined && uid !== old.metadata.uid) {
      throw conflict(key.resource, key.name, `the UID in the precondition (${uid}) does not match`);
    }
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      throw conflict(key.resource, key.name, "the ResourceVersion in the precondition does not match");
    }
    const grace = graceOf(old, key.resource, options);
    if (grace === 0) return this.remove(key, old.metadata.uid) ?? old;
    const before = old.metadata.deletionGracePeriodSeconds;
    if (before !== undefined && before <= grace) return old;
    const deletionTimestamp = timestamp(grace);
    const metadata = { ...old.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace };
    return this.#write(key, old, { ...old, metadata });
  }

  /** Removes the object with this uid for good, if it is (still) there. */
  remove(key: ObjectKey, uid: string): KubeObject | undefined {
    const old = this.find(key);
    if (old === undefined || old.metadata.uid !== uid) return undefined;
    const version = ++this.#version;
    const object = withVersion(old, version);
    this.#of(key.resource).delete(idOf(key));
    this.log.append({ version, resource: key.resource, type: "DELETED", object, previous: old });
    return object;
  }

  /** A version given by a client as a number; 400 when it is none, 504 when it lies in a future that is not accepted. */
  readVersion(text: string, { future }: { readonly future: "accepted" | "refused" }): number {
    const version = Number(text);
    if (!/^\d+$/.test(text)) {
      throw badRequest(`invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}`);
    }
    if (version > this.#version && future === "refused") throw versionTooLarge(text, this.#version);
    return version;
  }

  #write(key: ObjectKey, old: KubeObject, changed: KubeObject): KubeObject {
    const version = ++this.#version;
    const object = withVersion(changed, version);
    this.#of(key.resource).set(idOf(key), object);
    this.log.append({ version, resource: key.resource, type: "MODIFIED", object, previous: old });
    return object;
  }

  #newKey(resource: ResourceType, given: KubeObject, namespace?: string): ObjectKey {
    const { name: asked, generateName } = given.metadata;
    const name = asked === "" && generateName !== undefined
      ? generateName + crypto.randomUUID().slice(0, 5)
      : asked;
    if (name === "") throw invalid("metadata.name: Required value: name or generateName is required");
    if (!resource.namespaced) return { resource, name };
    const home = namespace ?? given.metadata.namespace ?? "default";
    if (this.find({ resource: namespaces, name: home }) === undefined) throw notFound(namespaces, home);
    return { resource, namespace: home, name };
  }

  #of(resource: ResourceType): Map<string, KubeObject> {
    const id = `${resource.group}/${resource.plural}`;
    const found = this.#objects.get(id) ?? new Map<string, KubeObject>();
    this.#objects.set(id, found);
    return found;
  }
}

function idOf(key: ObjectKey): string {
  return `${key.namespace ?? ""}/${key.name}`;
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}
