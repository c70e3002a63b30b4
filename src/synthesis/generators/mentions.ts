// Captions that were not asked for mentions, completed with them where the user wants that.
import { z } from "zod";

export const mentionTemplateSetting = z
  .string()
  .refine((text) => text.includes("{caption}") && text.includes("{mentions}"), {
    error: "must contain {caption} and {mentions}",
  })
  .optional()
  .describe(
    "Template that adds missing mentions to a caption, e.g. '{caption} With {mentions}.'. Absent: mentions are not added.",
  );

/** The caption itself where there is no template or it holds all mentions; braces in it stay what they are. */
export function withMentions(
  template: string | undefined,
  caption: string,
  mentions: readonly string[],
): string {
  if (template === undefined || mentions.every((mention) => caption.includes(mention))) return caption;
  const parts = { caption, mentions: mentions.join(" and ") };
  return template.replace(/\{(caption|mentions)\}/g, (_, name: keyof typeof parts) => parts[name]); // in one pass
}
