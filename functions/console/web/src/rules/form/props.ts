import type { Catalog, Draft } from "../draft";
import type { Messages } from "../findings";

/** What each part of the rule form gets. */
export type PartProps = {
  draft: Draft;
  catalog: Catalog;
  change: (next: Draft) => void;
  errors: Messages;
  warnings: Messages;
};
