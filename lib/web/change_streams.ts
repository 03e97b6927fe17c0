// Server-sent events: open pages are told that something has changed, and fetch what they show.
import type { Clock } from "../time/clock.ts";
import type { LiveView } from "./live_view.ts";

/** Pages that can follow at a time. */
const mostStreams = 32;
/** Milliseconds between signs of life, so that proxies keep the connection and a dead one is noticed. */
const heartbeat = 15_000;

export class ChangeStreams {
  readonly #view: LiveView;
  readonly #clock: Clock;
  readonly #open = new Set<() => void>();

  constructor({ view, clock }: { readonly view: LiveView; readonly clock: Clock }) {
    this.#view = view;
    this.#clock = clock;
  }

  /** The body of one answer; undefined when there are too many. Each event holds the revision of the view. */
  open(): ReadableStream<string> | undefined {
    if (this.#open.size >= mostStreams) return undefined;
    let end = (): void => {};
    return new ReadableStream<string>({
      start: (controller) => {
        let cancel = (): void => {};
        // Who does not read is not sent more: the next event says the same anyway.
        const send = (text: string): void => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(text);
        };
        const beat = (): void => {
          send(": here\n\n");
          cancel = this.#clock.after(heartbeat, beat);
        };
        const unlisten = this.#view.listen((revision) => send(`data: ${revision}\n\n`));
        const close = (): void => {
          end();
          controller.close();
        };
        end = () => {
          cancel();
          unlisten();
          this.#open.delete(close);
        };
        this.#open.add(close);
        send(`retry: 1000\ndata: ${this.#view.revision}\n\n`);
        cancel = this.#clock.after(heartbeat, beat);
      },
      cancel: () => end(),
    }, { highWaterMark: 8 });
  }

  /** Ends all of them. */
  close(): void {
    for (const close of [...this.#open]) close();
  }
}
