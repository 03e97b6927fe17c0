// How does text from elsewhere become safe to print: nothing that steers a terminal or hides, no secrets, no floods.

/** Longest piece of text in a log line, in UTF-16 units. An annotation may be 256 KiB; a line should not. */
export const longestText = 4000;

/**
 * Control characters (C0, C1, DEL), invisible format characters (bidi controls, zero-width, tags), lone surrogates
 * and the Unicode line and paragraph separators.
 */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const secrets: readonly { readonly pattern: RegExp; readonly replacement: string }[] = [
  {
    pattern: /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    replacement: "[redacted private key]",
  },
  // The WebSocket subprotocol in which browsers, and some clients, send a token to the API server.
  {
    pattern: /(base64url\.bearer\.authorization\.k8s\.io\.)[A-Za-z0-9_=-]+/g,
    replacement: "$1[redacted]",
  },
  { pattern: /\b(bearer[\s:]+)[A-Za-z0-9._~+/=-]+/gi, replacement: "$1[redacted]" },
  { pattern: /\b(authorization\W{1,5}basic\s+)[A-Za-z0-9+/=]+/gi, replacement: "$1[redacted]" },
  // A JSON Web Token standing alone: service account tokens are these. The look-behind keeps the search linear.
  {
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
    replacement: "[redacted token]",
  },
  { pattern: /(:\/\/[^\s/:@]*:)[^\s/@]+(@)/g, replacement: "$1[redacted]$2" },
];

/**
 * The text with every harmful character written as `\u{1b}`, so that no pod author can move the cursor, start a new
 * line or turn the reading direction in somebody's terminal. The result is always well-formed Unicode.
 */
export function harmless(text: string): string {
  return text.replace(harmful, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The text without credentials: tokens, passwords in URLs, private keys. Rather too much than too little. */
export function redact(text: string): string {
  return secrets.reduce((clean, { pattern, replacement }) => clean.replace(pattern, replacement), text);
}

/** Redacted, cut to `longestText` and made harmless, in this order: cutting first could leave half a secret. */
export function printable(text: string): string {
  const clean = redact(text);
  if (clean.length <= longestText) return harmless(clean);
  return `${harmless(clean.slice(0, longestText))}… (${clean.length - longestText} more characters)`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * What is written on objects of the API, where terminals show it: redacted, harmless and at most `limit` bytes of UTF-8;
 * an ellipsis marks the cut. What an agent or its kernel says on stderr gets there.
 */
export function cutBytes(text: string, limit: number): string {
  const clean = harmless(redact(text));
  const bytes = encoder.encode(clean);
  if (bytes.length <= limit) return clean;
  // A character cut in half decodes to U+FFFD, which is taken off again.
  return `${decoder.decode(bytes.subarray(0, limit - 3)).replace(/\uFFFD+$/, "")}…`;
}
