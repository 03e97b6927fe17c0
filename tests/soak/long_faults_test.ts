// The faults that take minutes: an API server frozen for two, a controller killed twenty times while pods churn.
import { faultStory } from "../cluster/fault_story.ts";

Deno.test("long faults of a cluster", (t) => faultStory(t, "long"));
