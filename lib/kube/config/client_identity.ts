// Can a client certificate and its key be used at all? Deno's TLS silently leaves out what it cannot use.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { messageOf } from "../../text/defined.ts";

/** What a key is that needs a password, and the remedy. */
export const encryptedKey =
  "encrypted, and nobody can give its password; decrypt it: openssl pkey -in FILE -out OTHER";

/** True for a PEM that needs a password, of PKCS #8 or of the older form. */
export function isEncrypted(key: string): boolean {
  return /^(-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED)/m.test(key);
}

/** Why these PEM texts cannot be used; undefined when they can. Nothing of the key is told. */
export function identityFault(
  { cert, key }: { readonly cert: string; readonly key: string },
): string | undefined {
  if (isEncrypted(key)) return `the key is ${encryptedKey}`;
  try {
    const fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    return fits ? undefined : "the key does not belong to the certificate";
  } catch (error) {
    return messageOf(error);
  }
}
