/** Every text of the console. A section belongs to the folder of the same name. */
import { plural } from "./format/money";

export const common = {
  failed: "This did not work",
  tryAgain: "Try again",
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  loading: "Loading…",
  more: "Show more",
  nothingFound: "Nothing found",
  showOptions: "Show options",
  remove: (name: string) => `Remove ${name}`,
  copy: (name: string) => `Copy ${name}`,
  copied: "Copied",
  optional: "optional",
  undo: "Undo",
  moreActions: (name: string) => `More actions for ${name}`,
  readOnly: "Your session is read-only: you can look at everything and change nothing.",
};

export const shell = {
  views: { overview: "Overview", apps: "Apps", rules: "Rules", activity: "Activity" },
  navigation: "Integrations",
  search: "Search buyers, orders and events",
  searchHint: "E-mail address, order id or event id",
  ended: "Your session has ended",
  endedHelp: "Open this page again from your account. Nothing that you saved is lost.",
  notFound: "This page does not exist",
  toOverview: "Go to Overview",
};

export const apps = {
  title: "Apps",
};

export const rules = {
  title: "Rules",
  /** The parts of a rule's sentence. */
  sentence: { trigger: "When", products: "for", conditions: "only if", action: "then", account: "in" },
  anyProduct: "any product",
  andMore: (more: number) => `and ${plural(more, "other product")}`,
};

export const activity = {
  title: "Activity",
};

export const overview = {
  title: "Overview",
};
