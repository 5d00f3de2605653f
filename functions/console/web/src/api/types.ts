/** Short names for the schemas of the API's document. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type App = Schemas["AppView"];
export type Category = App["category"];
export type AppMark = Schemas["MarkView"];
/** An account. Its waiting actions are counted where it is read alone. */
export type Integration = Schemas["IntegrationView"] & { waits?: Waits | null };
export type AppKey = Schemas["NewIntegration"]["app"];
export type Connected = Schemas["ConnectedView"];
export type Deletion = Schemas["DeletionView"];
export type Refreshed = Schemas["RefreshView"];
export type Rule = Schemas["RuleView"];
export type RuleBody = Schemas["RuleBody"];
export type RulePreview = Schemas["RulePreviewView"];
export type PreviewRequest = Schemas["PreviewedRequestView"];
export type Finding = Schemas["FindingView"];
export type DryRun = Schemas["DryRunView"];
export type Condition = Schemas["ConditionBody"];
export type ConditionField = Schemas["FieldView"];
export type Trigger = Schemas["TriggerView"];
export type Product = Schemas["ProductView"];
export type Option = Schemas["OptionView"];
export type Action = Schemas["ActionView"];
export type Status = Action["status"];
export type EventRow = Schemas["EventRow"];
export type Event = Schemas["EventView"];
export type Unstarted = Schemas["UnstartedView"];
export type Verdict = Schemas["VerdictView"];
export type Explanation = Schemas["ExplanationView"];
export type TimelineEntry = { event?: EventRow | null; action?: Action | null };
export type Replay = Schemas["ReplayView"];
export type ConfigEntry = Schemas["ConfigView"];
export type Summary = Schemas["SummaryView"];
/** What waits for an account that needs to be reconnected. */
export type Waits = Schemas["WaitsView"];
/** An amount in the smallest unit of its currency. */
export type Amount = Schemas["AmountView"];

/** An app's manifest, as `functions/README.md` documents it. */
export type Manifest = {
  app: string;
  label: string;
  description: string;
  /** The requirements besides an account, such as a plan or a permission. */
  needs?: string[];
  /** Behaviour of the app that surprises merchants. */
  traps?: string[];
  methods: Method[];
  triggers: string[];
  option_lists: { key: string; label: string }[];
  actions: ManifestAction[];
};

export type Method = {
  key: string;
  label: string;
  help?: string;
  oauth?: object | null;
  credentials?: CredentialField[];
};

export type CredentialField = {
  key: string;
  label: string;
  help?: string;
  /** The vendor's page about it. */
  page?: string;
  secret?: boolean;
  optional?: boolean;
  pattern?: string;
};

export type ManifestAction = {
  key: string;
  label: string;
  description: string;
  opposite?: string | null;
  /** The actions that have to be performed for a contact before this one can be. */
  requires?: string[];
  settings: Setting[];
  triggers?: string[] | null;
  effect?: {
    kind: "state" | "message";
    /** Whether the action sets its target or removes it. */
    desired?: "on" | "off";
    /** The settings that name what is set or removed. */
    target?: string[];
  };
};

export type Setting = {
  key: string;
  label: string;
  help?: string;
  type: "option" | "text" | "boolean" | "choice";
  /** The option list of an `option`. */
  options?: string;
  /** Whether the rule has a list of values, each of which becomes an action of its own. */
  many?: boolean;
  required?: boolean;
  /** Whether a merchant may type a value that is not in the list. */
  free_text?: boolean;
  default?: unknown;
  choices?: { value: string; label: string }[];
};
