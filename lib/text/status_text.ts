// How long may a text on an object be: cut by bytes, at a character. Pure.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** At most `limit` bytes of UTF-8; an ellipsis marks the cut. */
export function cutBytes(text: string, limit: number): string {
  const bytes = encoder.encode(text);
  if (bytes.length <= limit) return text;
  // A character cut in half decodes to U+FFFD, which is taken off again.
  return `${decoder.decode(bytes.subarray(0, limit - 3)).replace(/\uFFFD+$/, "")}…`;
}
