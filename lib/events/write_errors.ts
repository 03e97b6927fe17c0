// What if Events or statuses cannot be written: said once with what is missing, tried seldom where it is forbidden, and healed.
import { retryAfterOf, statusOf } from "../kube/api/client.ts";
import type { Clock } from "../time/clock.ts";
import type { Log } from "../ops/log.ts";
import { createLogDeduplicator, type LogDeduplicator } from "../ops/dedup.ts";
import { messageOf } from "../text/defined.ts";

export interface WriteErrorsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Resource and verbs that the RBAC rule must have, for the message. */
  readonly what: string;
  readonly verbs: string;
}

/** Milliseconds until a namespace in which it was forbidden is tried again: roles are mended by people. */
const forbiddenPause = 60_000;
/** Milliseconds for which an overloaded server is left alone at most, whatever it asks for. */
const longestBusy = 60_000;

/** Why the last write was refused, by namespace, since roles may be given in some only. */
export class WriteErrors {
  readonly #options: WriteErrorsOptions;
  readonly #pausedUntil = new Map<string, number>();
  #busyUntil = 0;
  readonly #said: LogDeduplicator;

  constructor(options: WriteErrorsOptions) {
    [this.#options, this.#said] = [options, createLogDeduplicator(options)];
  }

  /** Milliseconds for which nothing should be written in the namespace; 0 when it may work. */
  pauseLeft(namespace: string): number {
    const until = this.#pausedUntil.get(namespace) ?? 0;
    return Math.max(0, until - this.#options.clock.now());
  }

  /** Milliseconds for which the server has asked to be left alone (429, 503 with Retry-After). */
  busyLeft(): number {
    return Math.max(0, this.#busyUntil - this.#options.clock.now());
  }

  /** A write has failed and is to be tried again. */
  met(error: unknown, namespace: string): void {
    const { clock, log, what, verbs } = this.#options;
    const status = statusOf(error) ?? 0;
    const message = messageOf(error);
    if (status !== 403) {
      this.#busyUntil = Math.max(this.#busyUntil, clock.now() + Math.min(retryAfterOf(error), longestBusy));
      const { say } = this.#said.problem("any", `status ${status}`);
      if (say) log.warn(`Cannot write the status of pods for now: ${message}`);
      return;
    }
    this.#pausedUntil.set(namespace, clock.now() + forbiddenPause * (1 + clock.random() / 2));
    if (this.#said.problem(`forbidden ${namespace}`, what).say) {
      log.warn(`${message}; the rule needs resource ${what} with ${verbs}, or switch it off with --status`, {
        namespace,
      });
    }
  }

  /** A write has worked. */
  recovered(namespace: string): void {
    this.#pausedUntil.delete(namespace);
    const wasForbidden = this.#said.recovered(`forbidden ${namespace}`) !== undefined;
    const wasAway = this.#said.recovered("any") !== undefined;
    if (!wasForbidden && !wasAway) return;
    this.#options.log.info(`${this.#options.what} can be written again`, { namespace });
  }
}
