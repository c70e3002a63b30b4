// What each of the two experts of a model says about the pairs of entities, and what they say together.
import type { Experts, Guess } from "../../api/types.ts";
import { ScrollFrame } from "../../pieces/scroll-frame.tsx";
import { percent } from "../../pieces/share.tsx";
import { VisibleText } from "../../pieces/visible-text.tsx";

function GuessCell({ guess: { label, probability } }: { readonly guess: Guess }) {
  return (
    <td>
      <VisibleText text={label} />{" "}
      {probability !== undefined && <span class="quiet">{percent(probability)}</span>}
    </td>
  );
}

/** The table. */
export function ExpertTable({ experts }: { readonly experts: Experts }) {
  return (
    <>
      <p class="quiet">
        Trust in the views: {experts.trust.toFixed(2)} (0 would ignore them).{" "}
        {experts.pairs.length === 0 && "No pair has a relation for any of them."}
      </p>
      {experts.pairs.length > 0 && (
        <ScrollFrame label="What the experts say">
          <table class="facts-table">
            <thead>
              <tr>
                <th scope="col">Pair</th>
                <th scope="col">Real view</th>
                <th scope="col">Views</th>
                <th scope="col">Together</th>
              </tr>
            </thead>
            <tbody>
              {experts.pairs.map(({ headText, tailText, real, views, together }, i) => (
                <tr key={`${i} ${headText} ${tailText}`}>
                  <th scope="row" dir="auto">
                    <VisibleText text={`${headText} → ${tailText}`} />
                  </th>
                  <GuessCell guess={real} />
                  <GuessCell guess={views} />
                  <GuessCell guess={together} />
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollFrame>
      )}
    </>
  );
}
