// What befalls a real cluster, as far as it fits into every run; the long faults are in tests/soak.
import { faultStory } from "./fault_story.ts";

Deno.test("faults of a cluster", (t) => faultStory(t, "short"));
