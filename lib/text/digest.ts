// Are two texts the same? Told by digests, which are kept instead of the texts themselves.
import { createHash } from "node:crypto";

/**
 * 72 bits. Of up to 12 characters V8 makes a copy; a longer part of a text is a pointer into the whole, which stays in memory
 * with it.
 */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}
