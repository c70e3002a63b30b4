// The preset that compares relata's own defaults with the published values, for everything that the configuration leaves at its default.
import { settingOf, valueAt } from "../../config/fields.ts";
import { parseConfig } from "../../config/parse.ts";
import { PUBLISHED } from "../../config/published.ts";
import { settingsOf } from "../../config/resuming.ts";
import type { Config } from "../../config/schema.ts";
import { joinOverrides } from "../overrides.ts";
import { type Overrides, type Preset, usualEvaluations } from "../plan.ts";

/** One row with relata's defaults, one with the published values. */
export const publishedDefaults: Preset = {
  name: "published-defaults",
  description: "relata's defaults and the published values, for what the configuration leaves at its default",
  plan(base, options) {
    const isPublished = base.preset === "published";
    const [own, other] = isPublished ? ["published", "own-defaults"] : ["own-defaults", "published"];
    const changed = exchanged(base);
    const evaluations = usualEvaluations(options);
    const others = `${isPublished ? "relata's defaults" : "the published values"} of ${[...changed.keys()].join(", ")}`;
    return {
      title: "relata's defaults and the published values",
      description:
        "One row is the configuration; the other exchanges the defaults. Values that the configuration chose itself are the same in both.",
      reference: own ?? "",
      variants: [
        { name: own ?? "", description: "the configuration as it is", overrides: {}, evaluations },
        {
          name: other ?? "",
          description: others,
          overrides: [...changed]
            .map(([field, value]): Overrides => settingOf(field, value))
            .reduce(joinOverrides, { preset: isPublished ? null : "published" }),
          evaluations,
        },
      ],
    };
  },
};

/** The published fields that the configuration leaves at its defaults, with the value of the other set of defaults; null: absent. */
function exchanged(base: Config): ReadonlyMap<string, unknown> {
  const { task, encoder, data, model } = base;
  const least = {
    task,
    encoder,
    data: { train: data.train, validation: data.validation },
    model: { attention: { enabled: model.attention.enabled } }, // decides a default
  };
  const own = parseConfig(least);
  const published = parseConfig({ ...least, preset: "published" });
  const [now, then] = base.preset === "published" ? [published, own] : [own, published];
  if (task === "classification") return new Map(); // refused above: nothing is published for it
  const fields = settingsOf(PUBLISHED[task] as unknown as Config).keys();
  return new Map(
    [...fields].flatMap((field): [string, unknown][] => {
      const [value, default_, other] = [base, now, then].map((config) =>
        JSON.stringify(valueAt(config, field)),
      );
      return value === default_ && value !== other ? [[field, valueAt(then, field) ?? null]] : [];
    }),
  );
}
