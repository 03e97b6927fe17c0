// What does the release take from the changelog, and which entries are none of a release?
import assert from "node:assert/strict";
import { changelogEntry, whyNotReleased } from "../../scripts/release/changelog.ts";

const changelog =
  "# Changes\n\n## 0.2.0 (2026-12-24)\n\n- New: a\n\n## 0.1.0 (not released)\n\nFirst.\n\n## 0.0.9 ()\n";

Deno.test("notes are what stands under the heading of the version, and no more", () => {
  assert.deepEqual(changelogEntry(changelog, "0.2.0"), { when: "2026-12-24", notes: "- New: a" });
  assert.equal(whyNotReleased(changelogEntry(changelog, "0.2.0")), undefined);
});

Deno.test("a heading without a date is no release", () => {
  const reason = whyNotReleased(changelogEntry(changelog, "0.1.0"));
  assert.equal(reason, 'its heading says "(not released)" and not the date, such as "(2026-11-30)"');
});

for (
  const { it, version, message } of [
    { it: "a version that is not there", version: "0.3.0", message: /no heading "## 0\.3\.0 \(…\)"/ },
    { it: "the beginning of another version", version: "0.2", message: /no heading/ },
    { it: "a version with nothing under it", version: "0.0.9", message: /0\.0\.9 says nothing/ },
  ]
) {
  Deno.test(`no notes: ${it}`, () => assert.throws(() => changelogEntry(changelog, version), message));
}
