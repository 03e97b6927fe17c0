// How findings are printed: for people, for programs, and for the review of a pull request.
import type { Finding } from "./lint.ts";

/** The forms that there are. */
export const findingForms = ["text", "json", "github"] as const;
export type FindingForm = typeof findingForms[number];

/** Lines to print; none for people when there is nothing to say. */
export function findingLines(
  findings: readonly Finding[],
  { form, outputVersion }: { readonly form: FindingForm; readonly outputVersion: string },
): readonly string[] {
  switch (form) {
    case "text":
      return findings.map((finding) =>
        `${finding.file}:${finding.line}: ${finding.severity}: ${sentence(finding)}`
      );
    case "json":
      return [
        JSON.stringify({ apiVersion: outputVersion, kind: "FindingList", items: findings }, undefined, 2),
      ];
    case "github":
      return findings.map((finding) => {
        const place = `file=${property(finding.file)},line=${finding.line}`;
        return `::${finding.severity} ${place}::${data(sentence(finding))}`;
      });
    default:
      return form satisfies never;
  }
}

function sentence({ object, message }: Finding): string {
  return object === undefined ? message : `${object}: ${message}`;
}

/** As GitHub's workflow commands want them. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
