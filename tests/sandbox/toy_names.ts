// Which link does a tool mean by a name: it asks the kernel once and then remembers the index for as long as it runs.
import type { ToyLink, ToyLinks } from "./toy_links.ts";
import { ToyRefusal } from "./toy_session.ts";

/**
 * The names a running tool knows. This is the trap of long sessions: after a link was deleted by somebody else and made
 * again, the session still writes to the old index. `goneMessage` is what the kernel says to that.
 */
export class ToyNames {
  readonly #links: ToyLinks;
  readonly #goneMessage: string;
  readonly #known = new Map<string, number>();

  constructor(links: ToyLinks, { goneMessage }: { readonly goneMessage: string }) {
    this.#links = links;
    this.#goneMessage = goneMessage;
  }

  /** The link of that name, undefined when there is none. Throws a ToyRefusal when the remembered one has gone. */
  find(name: string): ToyLink | undefined {
    const link = this.#links.find(name);
    const index = this.#known.get(name);
    if (index === undefined) {
      if (link !== undefined) this.remember(link);
      return link;
    }
    if (link?.index !== index) throw new ToyRefusal(this.#goneMessage);
    return link;
  }

  /** A listing has shown the link. A name that is known already keeps its index. */
  remember(link: ToyLink): void {
    if (!this.#known.has(link.name)) this.#known.set(link.name, link.index);
  }

  /** The tool itself has deleted the link. */
  forget(name: string): void {
    this.#known.delete(name);
  }
}
