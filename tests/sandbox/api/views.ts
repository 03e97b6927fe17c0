// In which form do objects go out? (kubectl asks for tables first, and takes objects too.)
import type { KubeObject } from "../store/kube_object.ts";
import { apiVersionOf, type ResourceType } from "./resources.ts";

/** Metadata of a list. */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Gives objects their outward form. */
export interface View {
  one(object: KubeObject): unknown;
  many(objects: readonly KubeObject[], metadata: ListMeta): unknown;
  /** The object of a BOOKMARK event. */
  bookmark(
    metadata: { readonly resourceVersion: string; readonly annotations?: Record<string, string> },
  ): unknown;
}

/** Objects as they are. In lists the elements carry no apiVersion and kind, as in the real server's. */
export function plainView(resource: ResourceType): View {
  const apiVersion = apiVersionOf(resource);
  return {
    one: (object) => object,
    many: (objects, metadata) => ({
      kind: `${resource.kind}List`,
      apiVersion,
      metadata,
      items: objects.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest),
    }),
    bookmark: (metadata) => ({
      kind: resource.kind,
      apiVersion,
      metadata,
    }),
  };
}

/** Their metadata alone, for who asks for no more. */
export function metadataView(resource: ResourceType): View {
  const plain = plainView(resource);
  const about = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" };
  return {
    ...plain,
    one: ({ metadata }) => ({ ...about, metadata }),
    many: (objects, metadata) => ({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      items: objects.map((object) => ({ ...about, metadata: object.metadata })),
    }),
  };
}
