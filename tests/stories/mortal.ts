// A stand-in for a controller that is killed: it writes so many lines into pods, and then nothing ever again.
import type { ControllerParts } from "../../lib/controller/parts.ts";
import { type ExecSession, SessionEnded } from "../../lib/kube/exec/session.ts";

/** What dies, and when it has. */
export interface Mortal {
  readonly parts: (usual: ControllerParts) => ControllerParts;
  /** True once the last line was written. */
  readonly dead: boolean;
}

/** Dies after this many writing lines; the order to end, which releases a pod, counts as one. */
export function mortal(lines: number): Mortal {
  const life = { left: lines, dead: false };
  return {
    get dead() {
      return life.dead;
    },
    parts: (usual) => ({
      ...usual,
      openSession: async (agent, tool, options) => {
        if (life.dead) throw ended();
        return mortalSession(await usual.openSession(agent, tool, options), life);
      },
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

function mortalSession(session: ExecSession, life: { left: number; dead: boolean }): ExecSession {
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
