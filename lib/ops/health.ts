// Is the program well: checks by name, and their answers as the text that kubelet and people read.
import { printable } from "../text/printable.ts";

/** What a check found; the reason is a sentence for the person who looks. */
export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** One thing that can be well or not. `check` answers at once and does no I/O. */
export interface HealthCheck {
  /** A few words with hyphens, e.g. `event-loop`. */
  readonly name: string;
  check(): Health;
}

/** Everything is well only if every check is. The text is that of Kubernetes' own verbose health endpoints. */
export function checkHealth(
  endpoint: string,
  checks: readonly HealthCheck[],
): { readonly ok: boolean; readonly text: string } {
  const seen = checks.map(({ name, check }) => ({ name, health: guarded(check) }));
  const ok = seen.every(({ health }) => health.ok);
  const lines = seen.map(({ name, health }) =>
    health.ok ? `[+]${name} ok` : `[-]${name} failed: ${printable(health.reason)}`
  );
  return { ok, text: [...lines, `${endpoint} check ${ok ? "passed" : "failed"}`, ""].join("\n") };
}

/** A check that throws is not well, and must not hide the others. */
function guarded(check: () => Health): Health {
  try {
    return check();
  } catch (error) {
    return { ok: false, reason: `the check itself failed: ${String(error)}` };
  }
}
