// How is a long list handed out in pages that belong together?
import type { KubeObject } from "./kube_object.ts";
import { badRequest, gone } from "../api/status.ts";
import type { ListMeta } from "../api/views.ts";

/** One page. */
export interface Page {
  readonly objects: readonly KubeObject[];
  readonly metadata: ListMeta;
}

interface Rest {
  readonly objects: readonly KubeObject[];
  readonly version: string;
  /** How many are left is told only where the store can count them: not with a selector. */
  readonly counted: boolean;
}

/** How many lists can be under way; the oldest is forgotten. */
const capacity = 100;

/** What all continue tokens begin with, so that nonsense can be told from what is forgotten. */
const tokenMark = "sandbox-";

/** The rests of lists under way, by continue token. */
export class ListPages {
  readonly #rests = new Map<string, Rest>();

  /** The first page of a list read at `version`; `limit` 0 means everything. */
  first(
    objects: readonly KubeObject[],
    options: { readonly version: number; readonly limit: number; readonly counted: boolean },
  ): Page {
    const { version, limit, counted } = options;
    return this.#page({ objects, version: String(version), counted }, limit);
  }

  /** A later page, of the same moment as the first. Throws a StatusError: 400 for nonsense, 410 when it is forgotten. */
  next(token: string, limit: number): Page {
    if (!token.startsWith(tokenMark)) {
      throw badRequest("invalid continue token: continue key is not valid: it is none of this server's");
    }
    const rest = this.#rests.get(token);
    if (rest === undefined) {
      throw gone(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list " +
          "without the continue parameter, or use the continue token in this response to retrieve the remainder.",
      );
    }
    return this.#page(rest, limit);
  }

  /** Forgets every list under way: the next continue is answered 410. */
  forget(): void {
    this.#rests.clear();
  }

  #page(rest: Rest, limit: number): Page {
    const { objects, version, counted } = rest;
    if (limit === 0 || objects.length <= limit) return { objects, metadata: { resourceVersion: version } };
    const token = tokenMark + crypto.randomUUID();
    const later = objects.slice(limit);
    this.#rests.set(token, { objects: later, version, counted });
    const oldest = this.#rests.keys().next();
    if (this.#rests.size > capacity && oldest.done === false) this.#rests.delete(oldest.value);
    return {
      objects: objects.slice(0, limit),
      metadata: {
        resourceVersion: version,
        continue: token,
        ...(counted ? { remainingItemCount: later.length } : {}),
      },
    };
  }
}
