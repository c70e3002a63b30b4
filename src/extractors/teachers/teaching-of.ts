// What the teachers of each task are asked.
import type { Config } from "../../config/schema.ts";
import { aboutMentions } from "../entity-student/mention-questions.ts";
import { aboutRelations, type TeachingTask } from "../student/teaching.ts";

/** Entity students have teachers of single mentions, all others of pairs. */
export function teachingOf({ task }: Config): TeachingTask {
  return task === "mner" ? aboutMentions : aboutRelations;
}
