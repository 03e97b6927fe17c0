// Which link does a tool mean by a name: it asks the kernel once and then remembers the index for as long as
// it runs.
import type { ToyLink, ToyLinks } from "./links.ts";
import { ToyRefusal } from "./session.ts";

/**
 * The names a running tool knows. This is the trap of long sessions: when a link was deleted by somebody else
 * and made again, the session still writes to the old index, until a listing shows the new one; and once the
 * new one is forgotten (an `ip link set` does that), the old one is remembered again.
 */
export class ToyNames {
  readonly #links: ToyLinks;
  readonly #goneMessage: string;
  /** Indexes by name; the last one counts. */
  readonly #known = new Map<string, readonly number[]>();

  /** `goneMessage` is what the kernel says to an index that is no more. */
  constructor(links: ToyLinks, { goneMessage }: { readonly goneMessage: string }) {
    this.#links = links;
    this.#goneMessage = goneMessage;
  }

  /**
   * The link of that name, undefined when there is none. Throws a ToyRefusal when the remembered one has
   * gone.
   */
  find(name: string): ToyLink | undefined {
    const link = this.#links.find(name);
    const index = this.#known.get(name)?.at(-1);
    if (index === undefined) {
      if (link !== undefined) this.remember(link);
      else if (name.length < 16) this.#links.modulesLookedFor.push(name);
      return link ?? this.#byIndex(name);
    }
    if (link?.index !== index) throw new ToyRefusal(this.#goneMessage);
    return link;
  }

  /** Whether the link of that name, as far as the tool knows, is one that has gone. */
  isOutdated(name: string): boolean {
    const index = this.#known.get(name)?.at(-1);
    return index !== undefined && index !== this.#links.find(name)?.index;
  }

  /** `if7`: without asking whether there is one. */
  #byIndex(name: string): ToyLink | undefined {
    const [, digits] = /^if([0-9]+)/.exec(name) ?? [];
    if (digits === undefined) return undefined;
    const link = this.#links.all().find(({ index }) => index === Number(digits));
    if (link === undefined) throw new ToyRefusal(this.#goneMessage);
    return link;
  }

  /** A listing has shown the link. */
  remember({ name, index }: ToyLink): void {
    const known = this.#known.get(name) ?? [];
    if (!known.includes(index)) this.#known.set(name, [...known, index]);
  }

  /** The tool itself has deleted or changed the link. */
  forget({ name, index }: ToyLink): void {
    const rest = (this.#known.get(name) ?? []).filter((other) => other !== index);
    if (rest.length === 0) this.#known.delete(name);
    else this.#known.set(name, rest);
  }
}
