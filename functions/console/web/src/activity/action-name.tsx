import type { Names } from "../api/names";
import type { Action } from "../api/types";

type Props = { action: Pick<Action, "app" | "action" | "target">; names: Names };

/** An action with what it sets or removes, as its rule names it: Add Tag Baker. */
export function ActionName({ action, names }: Props) {
  const target = action.target.at(-1);
  return (
    <>
      {names.action(action.app, action.action)}
      {target && (
        <>
          {" "}
          <bdi>{target.label ?? target.value}</bdi>
        </>
      )}
    </>
  );
}
