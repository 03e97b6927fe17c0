// Somebody who has stolen the controller's token: what the API server says to him.
import type { ApiAnswer, ApiRequest, ApiUnderTest, Json } from "../../contract/api_under_test.ts";
import { type HttpAccess, httpApi } from "../../contract/http_api.ts";

/**
 * - `allowed`: it was done (or would be: most are dry runs, which pass everything but the store).
 * - `nothing`: accepted, and nothing of it was taken over.
 * - `rbac`, `policy`, `server`: who refused it; `server` finds the object itself wrong, whoever sends it.
 */
export type Outcome = "allowed" | "nothing" | "rbac" | "policy" | "server";

export interface Answer {
  readonly outcome: Outcome;
  /** Of a refusal, for the table. */
  readonly said: string;
  readonly json?: Json;
}

/** The thief's hands. Dispose of them at the end. */
export interface Thief extends Disposable {
  request(asked: ApiRequest): Promise<Answer>;
  /** A connection to a container (exec, attach, portforward): whether it opens. */
  connect(path: string): Promise<Answer>;
}

const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** With a token and nothing else of the access. */
export function thiefWith(token: string, { server, ca }: HttpAccess): Thief {
  const access = { server, authorization: `Bearer ${token}`, ...(ca !== undefined && { ca }) };
  const api: ApiUnderTest & Disposable = httpApi(access, { name: "thief", namespace: "", image: "" });
  return {
    request: async (asked) => answerOf(await api.request(asked)),
    connect: async (path) => {
      await using connection = api.exec(path, { protocols });
      if (await connection.opened !== "") return { outcome: "allowed", said: "" };
      const end = await connection.ended;
      if (end.kind === "closed") throw new Error(`Cannot tell who refused ${path}: closed with ${end.code}`);
      return refusal(end);
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}

function answerOf({ status, text, json }: ApiAnswer): Answer {
  return status < 300 ? { outcome: "allowed", said: "", json } : refusal({ status, text });
}

function refusal({ status, text }: { readonly status: number; readonly text: string }): Answer {
  const said = messageIn(text);
  if (said.includes("ValidatingAdmissionPolicy")) return { outcome: "policy", said };
  if (status === 403 && / cannot [a-z]+ resource /.test(said)) return { outcome: "rbac", said };
  // Through the proxy, and nobody listens there.
  if (said.includes("error trying to reach service")) return { outcome: "allowed", said };
  // Everything but the version was right; a thief who is quick has that too.
  if (status === 409 && said.includes("the object has been modified")) return { outcome: "allowed", said };
  if (status === 422 || status === 400) return { outcome: "server", said };
  throw new Error(`Cannot tell who refused it: ${status} ${said}`);
}

function messageIn(text: string): string {
  try {
    return JSON.parse(text).message ?? text;
  } catch {
    return text;
  }
}
