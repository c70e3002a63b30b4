// The doors that every server has.
import type { Door } from "../http/dependencies.ts";
import { huggingFaceDoor } from "./hugging-face.ts";
import { labelStudioDoor } from "./label-studio.ts";

/** Routes in the forms of other projects, beside the API. */
export const DOORS: readonly Door[] = [huggingFaceDoor, labelStudioDoor];
