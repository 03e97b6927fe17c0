// How does a command get into a container and its outcome back? The executor over WebSocket to the API server.
import { createWire } from "../api/wire.ts";
import { type Clock, unlessAborted } from "../../time/clock.ts";
import type { Connection, Credentials } from "../config/connection.ts";
import type { ExecOptions, ExecOutcome, ExecResult, Executor, RemoteProcess } from "./exec.ts";
import { Allowance, idleAllowance } from "./allowance.ts";
import { type Asked, launch, neverRan, type Running } from "./process.ts";
import { collectOutput } from "../../text/output_cap.ts";
import { defined, messageOf } from "../../text/defined.ts";

/** Bytes of stdout and stderr together that `run` keeps unless told otherwise. */
const defaultOutputCap = 1024 * 1024;

/**
 * An executor that opens one WebSocket for each command. Credentials are asked for each time; when the server
 * answers 401 they are read again and the command is tried once more, because nothing has run then.
 */
export function createExecutor(connection: Connection, { clock }: { readonly clock: Clock }): Executor {
  const running = new Set<Running>();
  const wire = createWire(connection, clock);

  async function start(asked: Asked): Promise<RemoteProcess | { readonly failed: ExecOutcome }> {
    const credentials = await credentialsOf(connection, { signal: asked.signal });
    if ("kind" in credentials) return { failed: credentials };
    const first = await attempt(asked, credentials);
    const renewed = isUnauthorized(first)
      ? await credentialsOf(connection, { signal: asked.signal, refused: credentials })
      : undefined;
    return renewed && !("kind" in renewed) ? await attempt(asked, renewed) : first;
  }

  async function attempt(
    asked: Asked,
    credentials: Credentials,
  ): Promise<RemoteProcess | { readonly failed: ExecOutcome }> {
    if (asked.signal?.aborted) return { failed: neverRan("aborted before it started") };
    try {
      const { server, impersonation, requestTimeout } = connection;
      const { authorization } = credentials;
      const one = launch(asked, {
        server,
        authorization,
        wire: wire.options(credentials),
        clock,
        ...defined({ impersonation, requestTimeout }),
      });
      running.add(one);
      one.ended.then(() => running.delete(one));
      const opened = await one.opened;
      return opened ? one : { failed: await one.ended };
    } catch (error) {
      return { failed: neverRan(messageOf(error)) };
    }
  }

  return {
    start: (asked) => start({ ...asked, stdin: true }),
    run: (asked) => run(asked, { start, clock }),
    close: () => {
      for (const one of running) one.abandon("the executor was closed");
      wire.close();
    },
  };
}

type Start = (asked: Asked) => Promise<RemoteProcess | { readonly failed: ExecOutcome }>;

async function run(
  asked: ExecOptions,
  means: { readonly start: Start; readonly clock: Clock },
): Promise<ExecResult> {
  const limit = new AbortController();
  const abort = (): void => limit.abort("aborted");
  if (asked.signal?.aborted) abort();
  asked.signal?.addEventListener("abort", abort, { once: true });
  const cancel = means.clock.after(asked.deadline, () => {
    limit.abort(`not finished within ${asked.deadline} ms`);
  });
  const cap = asked.outputCap ?? defaultOutputCap;
  const output = collectOutput(cap, () => limit.abort(`more than ${cap} bytes of output`));
  const allowance = new Allowance(cap + idleAllowance);
  const bounded = (take: (chunk: Uint8Array) => void) => (chunk: Uint8Array): void => {
    if (allowance.take(chunk)) take(chunk);
    else limit.abort("more output, in smaller pieces, than any command has");
  };
  const { target, command } = asked;
  const process = await means.start({
    target,
    command,
    stdin: false,
    onStdout: bounded(output.stdout),
    onStderr: bounded(output.stderr),
    signal: limit.signal,
  });
  const outcome = "failed" in process ? process.failed : await process.ended;
  cancel();
  asked.signal?.removeEventListener("abort", abort);
  return { outcome, ...output.texts() };
}

function isUnauthorized(started: RemoteProcess | { readonly failed: ExecOutcome }): boolean {
  return "failed" in started && started.failed.kind === "rejected" && started.failed.status === 401;
}

/** With `refused`: reads them again, and fails when they are still the refused ones. */
async function credentialsOf(
  connection: Connection,
  { signal, refused }: { readonly signal: AbortSignal | undefined; readonly refused?: Credentials },
): Promise<Credentials | ExecOutcome> {
  try {
    const asked = connection.credentials({ force: refused !== undefined });
    const credentials = await (signal === undefined ? asked : unlessAborted(asked, signal));
    const same = refused !== undefined && JSON.stringify(refused) === JSON.stringify(credentials);
    return same ? neverRan("the credentials have not changed") : credentials;
  } catch (error) {
    return neverRan(messageOf(error));
  }
}
