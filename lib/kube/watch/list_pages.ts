// What is in a collection right now? A complete list, page by page and item by item, at one version.
import { defined } from "../../text/defined.ts";
import { isRecord } from "../../text/json.ts";
import { type ApiClient, ApiError } from "../api/client.ts";

/** Objects on one page, at most. */
const fullPage = 500;
/** Bytes of a page; a longer one is asked for again with half as many objects. One object may be as long as it likes. */
const pageBytes = 16 * 1024 * 1024;
/** Bytes of everything, when it is not asked for in pages. */
const unpagedBytes = 1024 * 1024 * 1024;
/** ms for one page. */
const pageDeadline = 60_000;
/** More pages than any cluster has: a server that goes round in circles is not followed for ever. */
const pageLimit = 100_000;

/** What a server must be asked for metadata alone. One that does not know it sends whole objects. */
const metadataList =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.5";

export interface ListOptions<T> {
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
  /** Takes what is needed of an object, at once; the object itself is not kept. May be called again for the same. */
  readonly read: (item: unknown) => T;
  /** An object was longer than can be read; this is its beginning. */
  readonly onLong: (head: string) => void;
  /** Called with what was read, page by page; a list that fails later has called it too. */
  readonly onItem: (item: T) => void;
}

/** Reads all pages; gives the version that a watch may go on from. Throws ApiError. */
export async function listPages<T>(client: ApiClient, options: ListOptions<T>): Promise<string> {
  const purpose = `list ${options.what}`;
  let next = "";
  let size = fullPage;
  for (let count = 0; count < pageLimit; count++) {
    const page = await readPage(client, { ...options, next, size });
    if (page.kind === "too-much") {
      size = Math.floor(size / 2);
      continue;
    }
    if (page.next === next && next !== "") throw malformed(purpose, "its pages go round in circles");
    page.items.forEach(options.onItem);
    if (page.next === "") return page.version;
    next = page.next;
    size = Math.min(2 * size, fullPage);
  }
  throw malformed(purpose, `it has more than ${pageLimit} pages`);
}

interface Asked<T> extends ListOptions<T> {
  readonly next: string;
  readonly size: number;
}

interface Page<T> {
  readonly kind: "page";
  readonly items: readonly T[];
  readonly version: string;
  readonly next: string;
}

/** One page, or that as many objects as this are too long, or come too slowly, for one. */
async function readPage<T>(
  client: ApiClient,
  asked: Asked<T>,
): Promise<Page<T> | { readonly kind: "too-much" }> {
  const { what, path, selectors, paged, metadataOnly, next, size, read, onLong, signal } = asked;
  const query = new URLSearchParams(selectors);
  if (paged) query.set("limit", String(size));
  if (next !== "") query.set("continue", next);
  const text = query.size === 0 ? "" : `?${query}`;
  const items: T[] = [];
  const onItem = (item: unknown): void => void items.push(read(item));
  const limit = paged ? size === 1 ? undefined : pageBytes : unpagedBytes;
  const request = {
    method: "GET",
    path: path + text,
    purpose: `list ${what}`,
    deadline: pageDeadline,
    signal,
    ...(metadataOnly === true && { accept: metadataList }),
  } as const;
  let answer: unknown;
  try {
    answer = await client.json({ ...request, items: { onItem, onLong, ...defined({ limit }) } });
  } catch (error) {
    if (!paged || size === 1 || signal.aborted || !(error instanceof ApiError)) throw error;
    const { failure } = error;
    const isTooMuch = failure.kind === "malformed"
      ? failure.tooLong
      : failure.kind === "unreachable" && items.length > 0;
    if (isTooMuch) return { kind: "too-much" };
    throw error;
  }
  const page = endOf(answer);
  if (page === undefined) throw malformed(`list ${what}`, "it is not a list with a version");
  // A client that does not take items apart leaves them where they are.
  page.items.forEach(onItem);
  return { ...page, items };
}

function malformed(purpose: string, reason: string): ApiError {
  return new ApiError(
    { kind: "malformed", reason },
    `Cannot ${purpose}: the answer cannot be used: ${reason}`,
  );
}

function endOf(answer: unknown): Page<unknown> | undefined {
  if (!isRecord(answer) || !isRecord(answer.metadata)) return undefined;
  const { resourceVersion, continue: next } = answer.metadata;
  const items = answer.items === null ? [] : answer.items;
  if (!Array.isArray(items) || typeof resourceVersion !== "string" || resourceVersion === "") {
    return undefined;
  }
  return { kind: "page", items, version: resourceVersion, next: typeof next === "string" ? next : "" };
}
