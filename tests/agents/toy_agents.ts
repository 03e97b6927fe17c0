// What do the agents of pods answer in these tests: toy kernels behind real sessions' interface, and every line noted.
import type { ExecOutcome } from "../../lib/kube/exec/exec.ts";
import type { AgentAddress, OpenSession } from "../../lib/agents/session_pool.ts";
import { type ExecSession, SessionEnded } from "../../lib/kube/exec/session.ts";
import type { Tool } from "../../lib/overlay/step.ts";
import { createToyNamespace, type ToyNamespace } from "../sandbox/toy/kernel.ts";

/** The kernels of all pods, by uid; one is made when it is first asked for. */
export class ToyAgents {
  /** Lines sent to each pod. */
  readonly lines = new Map<string, string[]>();
  /** Sessions opened so far. */
  opened = 0;
  /** What happens in a kernel before every look, after the changes. */
  meanwhile: ((kernel: ToyNamespace) => void) | undefined;
  /** What the kernel of this pod says instead of carrying out the line; undefined: it carries it out. */
  refusing: ((uid: string, line: string) => string | undefined) | undefined;
  /** Awaited before a tool is started. */
  opening: ((uid: string) => Promise<void>) | undefined;
  /** Awaited before every exchange; what it throws ends the session. */
  awaiting: ((uid: string) => Promise<void>) | undefined;
  /** What happens in a kernel before each line. */
  before: ((kernel: ToyNamespace, line: string) => void) | undefined;
  /** What becomes of the tool instead of an answer to this line. */
  fault: ((line: string) => ExecOutcome | undefined) | undefined;
  /** Lines of each exchange. */
  readonly exchanges: number[] = [];
  /** Says on the stderr of a pod's latest tool that it has refused something, after its exchange was over. */
  readonly late = new Map<string, () => void>();
  readonly #kernels = new Map<string, ToyNamespace>();

  /** `podIPs`: addresses with which it is made. */
  kernel(uid: string, podIPs: readonly string[] = ["10.0.0.1"]): ToyNamespace {
    const known = this.#kernels.get(uid);
    if (known !== undefined) return known;
    const fresh = createToyNamespace({
      eth0: {
        mac: "02:00:0a:00:00:01",
        mtu: 1500,
        addresses: podIPs.map((ip) => `${ip}/${ip.includes(":") ? 64 : 24}`),
      },
    });
    this.#kernels.set(uid, fresh);
    return fresh;
  }

  /** Starts a tool in the toy kernel of a pod. */
  readonly open: OpenSession = async ({ uid, podIPs }: AgentAddress, tool: Tool, { onLateStderr }) => {
    this.opened++;
    this.kernel(uid, podIPs);
    this.late.set(uid, onLateStderr);
    await this.opening?.(uid);
    return this.#session(uid, tool);
  };

  /** Takes the lines sent to a pod since the last call, without those that only show. */
  takeWrites(uid: string): readonly string[] {
    const lines = this.takeLines(uid);
    return lines.filter((line) => !/ show\b/.test(line));
  }

  /** Takes the lines sent to a pod since the last call. */
  takeLines(uid: string): readonly string[] {
    return this.lines.get(uid)?.splice(0) ?? [];
  }

  #session(uid: string, tool: Tool): ExecSession {
    const batch = this.kernel(uid).batch(tool);
    const noted = this.lines.get(uid) ?? [];
    this.lines.set(uid, noted);
    let open = true;
    let sent = 0;
    return {
      get open() {
        return open;
      },
      exchange: async (lines, { outputCap = 1 << 20 }) => {
        await this.awaiting?.(uid);
        const firstLine = sent + 1;
        sent += lines.length;
        this.exchanges.push(lines.length);
        noted.push(...lines);
        const replies = lines.map((line, at) => {
          const outcome = this.fault?.(line);
          if (outcome !== undefined) {
            open = false;
            throw new SessionEnded(outcome, "", `${line}: ${outcome.kind}`);
          }
          const refusal = this.refusing?.(uid, line);
          // A comment, so that the lines of the batch are counted on.
          if (refusal !== undefined) batch.line("#");
          if (refusal !== undefined) return { stderr: `${refusal}\nCommand failed -:${firstLine + at}\n` };
          this.before?.(this.kernel(uid), line);
          if (/ show\b/.test(line)) this.meanwhile?.(this.kernel(uid));
          return batch.line(line);
        });
        const ended = replies.find((reply) => "ended" in reply && reply.ended !== undefined)?.ended;
        const stderr = replies.map((reply) => reply.stderr ?? "").join("");
        if (ended !== undefined) {
          open = false;
          throw new SessionEnded({ kind: "exit", code: ended }, stderr, stderr);
        }
        if (replies.reduce((sum, { stdout = "" }) => sum + stdout.length, 0) > outputCap) {
          open = false;
          throw new SessionEnded(
            { kind: "unknown", reason: `more than ${outputCap} bytes`, overflow: true },
            "",
            "too long",
          );
        }
        const answers = replies.flatMap(({ stdout }) => stdout === undefined ? [] : [stdout.trim()]);
        return { answers, stderr, firstLine };
      },
      close: () => {
        open = false;
        return Promise.resolve();
      },
    };
  }
}
