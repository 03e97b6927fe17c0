// A stand-in for a controller that is killed: it writes so many lines into pods, or asks so much, and then nothing ever again.
import { type ApiClient, ApiError, type ApiRequest } from "../../lib/kube/api/client.ts";
import { type ExecSession, SessionEnded } from "../../lib/kube/exec/session.ts";
import type { ControllerOverrides } from "./stage.ts";

/** What dies, and when it has. */
export interface Mortal extends Required<Pick<ControllerOverrides, "parts" | "client">> {
  /** True once the last line was written. */
  readonly dead: boolean;
  /** After this many more writing lines. */
  dieAfter(lines: number): void;
}

/**
 * Dies after this many writing lines; the order to end, which releases a pod, counts as one. Or when it is about to ask this of
 * the API server.
 */
export function mortal(
  lines = Infinity,
  { before = () => false }: { readonly before?: (request: ApiRequest) => boolean } = {},
): Mortal {
  const life = { left: lines, dead: false };
  return {
    get dead() {
      return life.dead;
    },
    dieAfter: (left) => Object.assign(life, { left }),
    client: (usual) => mortalClient(usual, { life, before }),
    parts: (usual) => ({
      ...usual,
      openSession: async (agent, tool, options) => {
        if (life.dead) throw ended();
        return mortalSession(await usual.openSession(agent, tool, options), life);
      },
      terminate: async (agent) => life.dead ? { kind: "unknown", reason } : await usual.terminate(agent),
      executor: {
        run: async (asked) => {
          if (life.left === 0) life.dead = true;
          if (life.dead) return { outcome: { kind: "unknown", reason }, stdout: "", stderr: "" };
          life.left--;
          return await usual.executor.run(asked);
        },
      },
    }),
  };
}

const reason = "the controller was killed";

function ended(): SessionEnded {
  return new SessionEnded({ kind: "unknown", reason }, "", reason);
}

interface Life {
  left: number;
  dead: boolean;
}

function mortalClient(
  client: ApiClient,
  { life, before }: { readonly life: Life; readonly before: (request: ApiRequest) => boolean },
): ApiClient {
  const live = (request: ApiRequest): void => {
    life.dead ||= before(request);
    if (life.dead) {
      throw new ApiError({ kind: "unreachable", reason }, `Cannot ${request.purpose}: ${reason}`);
    }
  };
  return {
    json: async (request) => {
      live(request);
      return await client.json(request);
    },
    stream: async (request) => {
      live(request);
      return await client.stream(request);
    },
    close: () => client.close(),
  };
}

function mortalSession(session: ExecSession, life: Life): ExecSession {
  return {
    get open() {
      return session.open;
    },
    close: () => session.close(),
    exchange: async (lines, options) => {
      if (life.dead) throw ended();
      const writing = lines.filter((line) => !/\bshow\b/.test(line));
      if (writing.length <= life.left) {
        life.left -= writing.length;
        return await session.exchange(lines, options);
      }
      life.dead = true;
      const last = [...writing.slice(0, life.left), "link show dev lo"];
      await session.exchange(last, { ...options, answers: 1 });
      await session.close();
      throw ended();
    },
  };
}
