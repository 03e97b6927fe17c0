// How is a text of manifests changed in some of its documents, and kept byte by byte in all others?
import { type ManifestDocument, readManifests, writtenAgain } from "./documents.ts";

/** The changed text, and what could not be done, with the object it is about. */
export interface Rewritten {
  readonly text: string;
  readonly notes: readonly string[];
}

/** What became of one document. */
export interface DocumentChange {
  readonly outcome: "same" | "changed" | "removed";
  readonly notes: readonly string[];
}

/** The text is no YAML. */
export class NotYaml extends Error {
  override name = "NotYaml";
}

/** The documents of a text. Throws NotYaml when one cannot be read: half of a chart must not go through unseen. */
export function readable(text: string): readonly ManifestDocument[] {
  const documents = readManifests(text);
  const [fault] = documents.flatMap(({ faults }) => faults);
  if (fault !== undefined) throw new NotYaml(`line ${fault.line}: ${fault.message}`);
  return documents;
}

/** Lets `change` edit each document. Throws NotYaml. */
export function rewritten(text: string, change: (source: ManifestDocument) => DocumentChange): Rewritten {
  const parts = readable(text).map((source) => {
    const { outcome, notes } = change(source);
    switch (outcome) {
      case "same":
        return { text: source.text, notes };
      case "changed":
        return { text: writtenAgain(source), notes };
      case "removed":
        return { text: "", notes };
      default:
        return outcome satisfies never;
    }
  });
  return { text: parts.map((part) => part.text).join(""), notes: parts.flatMap(({ notes }) => notes) };
}
