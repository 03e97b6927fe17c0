// What is in a collection right now? A complete list, page by page, at one version.
import { isRecord } from "../../text/json.ts";
import { type ApiClient, ApiError } from "../api/client.ts";

/** Objects on one page. */
const pageSize = 500;
/** ms for one page. */
const pageDeadline = 60_000;
/** More pages than any cluster has: a server that goes round in circles is not followed for ever. */
const pageLimit = 10_000;

/** What a server must be asked for metadata alone. One that does not know it sends whole objects. */
export const metadataList =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.5";

export interface ListOptions {
  /** For messages: "pods". */
  readonly what: string;
  /** Path of the collection with selectors, without the paging parameters. */
  readonly path: string;
  readonly selectors: Readonly<Record<string, string>>;
  /** False asks for everything at once: when continuing was answered with 410 before. */
  readonly paged: boolean;
  /** True: of each object its metadata alone, which is a tenth of a pod. */
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
  /** Called with each object as it comes; a list that fails later has called it too. */
  readonly onItem: (item: unknown) => void;
}

/** Reads all pages; gives the version that a watch may go on from. Throws ApiError. */
export async function listPages(client: ApiClient, options: ListOptions): Promise<string> {
  const purpose = `list ${options.what}`;
  let next = "";
  for (let count = 0; count < pageLimit; count++) {
    const query = new URLSearchParams(options.selectors);
    if (options.paged) query.set("limit", String(pageSize));
    if (next !== "") query.set("continue", next);
    const text = query.size === 0 ? "" : `?${query}`;
    const answer = await client.json({
      method: "GET",
      path: options.path + text,
      purpose,
      deadline: pageDeadline,
      ...(options.metadataOnly === true && { accept: metadataList }),
      signal: options.signal,
    });
    const page = readPage(answer);
    if (!page) throw malformed(purpose, "it is not a list with a version");
    if (page.next === next && next !== "") throw malformed(purpose, "its pages go round in circles");
    page.items.forEach(options.onItem);
    if (page.next === "") return page.version;
    next = page.next;
  }
  throw malformed(purpose, `it has more than ${pageLimit} pages`);
}

function malformed(purpose: string, reason: string): ApiError {
  return new ApiError(
    { kind: "malformed", reason },
    `Cannot ${purpose}: the answer cannot be used: ${reason}`,
  );
}

function readPage(
  answer: unknown,
): { readonly items: readonly unknown[]; readonly version: string; readonly next: string } | undefined {
  if (!isRecord(answer) || !isRecord(answer.metadata)) return undefined;
  const { resourceVersion, continue: next } = answer.metadata;
  const items = answer.items === null ? [] : answer.items;
  if (!Array.isArray(items) || typeof resourceVersion !== "string" || resourceVersion === "") {
    return undefined;
  }
  return { items, version: resourceVersion, next: typeof next === "string" ? next : "" };
}
