// Which views of each text a student of entities trains on, chosen by what teachers said about its mentions, and the account of it.
import type { Config } from "../../config/schema.ts";
import { LabelSet } from "../../data/labels.ts";
import type { PreparationRequest } from "../shared/training-task.ts";
import { chooseRule } from "../student/chosen-rule.ts";
import { type SelectionRule, selectViews } from "../student/selection.ts";
import { selectionAccount } from "../student/selection-account.ts";
import type { SelectionAccount } from "../student/selection-notes.ts";
import { documentRule } from "./document-rule.ts";
import { mentionQuestions, questionOptions } from "./mention-questions.ts";
import type { EntityStudentSet } from "./prepare-entity-students.ts";

/** Chooses the rule from the questions about mentions, and accounts for both: information by mention, views by document. */
export async function selectForDocuments(
  prepared: EntityStudentSet,
  request: PreparationRequest<readonly string[]>,
): Promise<{ readonly rule: SelectionRule; readonly selection: SelectionAccount | undefined }> {
  const { config, labels: types } = request;
  const questions = mentionQuestions(prepared, new LabelSet(types), questionOptions(request));
  const chosen = await chooseRule(questions, request);
  const byDocument = new Map<string, string[]>();
  for (const { id } of questions.examples) {
    const owner = questions.instanceOf.get(id)!; // every question is about a document
    byDocument.set(owner, [...(byDocument.get(owner) ?? []), id]);
  }
  const rule = documentRule(chosen.rule, (document) => byDocument.get(document) ?? []);
  const owner = (question: string) => questions.instanceOf.get(question)!;
  const account = selectionAccount(questions, config, { ...chosen, rule }, owner);
  return { rule, selection: account && { ...account, ...keptOf(prepared, config, rule) } };
}

/** Counts the views of documents, not those of their mentions. */
function keptOf(
  { examples }: EntityStudentSet,
  { synthesis: { selection }, training }: Config,
  rule: SelectionRule,
): Pick<SelectionAccount, "views" | "kept" | "examplesWithViews" | "examplesWithoutKept"> {
  const last = selection.when === "epoch" ? training.epochs - 1 : 0;
  const withViews = examples.filter(({ views = [] }) => views.length > 0);
  const kept = withViews.map(({ id, views = [] }) => selectViews(rule, id, views, last).length);
  return {
    views: withViews.reduce((sum, { views = [] }) => sum + views.length, 0),
    kept: kept.reduce((sum, count) => sum + count, 0),
    ...(rule.method === "threshold"
      ? { examplesWithViews: kept.length, examplesWithoutKept: kept.filter((count) => count === 0).length }
      : {}),
  };
}
