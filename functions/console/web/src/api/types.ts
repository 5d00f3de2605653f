/** Short names for the schemas of the API's document. */
import type { components } from "./schema";

type Schemas = components["schemas"];

// from the document when it has it: category, mark
export type App = Schemas["AppView"] & { category?: Category; mark?: AppMark };
// from the document when it has it: waits, hint, changed_by
export type Integration = Schemas["IntegrationView"] & {
  waits?: Waits | null;
  hint?: string | null;
  changed_by?: Actor | null;
};
export type AppKey = Schemas["NewIntegration"]["app"];
export type Connected = Schemas["ConnectedView"];
export type Deletion = Schemas["DeletionView"];
export type Refreshed = Schemas["RefreshView"];
// from the document when it has it: names
export type Rule = Schemas["RuleView"] & { names?: { products?: Record<string, string> } };
export type RuleBody = Schemas["RuleBody"];
export type Trigger = Schemas["TriggerView"];
export type Product = Schemas["ProductView"];
export type Option = Schemas["OptionView"];
// from the document when it has it: `rule_name`, `integration_label` and `test`
export type Action = Schemas["ActionView"] & {
  rule_name?: string | null;
  integration_label?: string | null;
  test?: boolean;
};
export type Status = Action["status"];
// from the document when it has it: `test`
export type EventRow = Schemas["EventRow"] & { test?: boolean };
export type Event = Omit<Schemas["EventView"], "actions" | "event"> & { event: EventRow; actions: Action[] };
export type Unstarted = Schemas["UnstartedView"];
export type Verdict = Schemas["VerdictView"];
export type Explanation = Schemas["ExplanationView"];
export type TimelineEntry = { event?: EventRow | null; action?: Action | null };
export type Replay = Schemas["ReplayView"];
export type ConfigEntry = Schemas["ConfigView"];

// from the document when it has it
export type Session = { session: string; permission: "read" | "write"; actor: Actor | null; now: string };
// from the document when it has it
type Actor = { id: string; name?: string | null };
// from the document when it has it
export type Category = "email_marketing" | "crm" | "community" | "courses" | "automation";
// from the document when it has it
export type AppMark = {
  initials: string;
  color: "amber" | "blue" | "green" | "indigo" | "orange" | "pink" | "teal" | "slate";
};

/** An amount in the smallest unit of its currency. */
export type Amount = { amount: number; currency: string };

/** What waits for an account that needs to be reconnected. */
// from the document when it has it
export type Waits = { actions: number; buyers: number; amounts: Amount[]; exact: boolean };

/** The Action Log by time and status, and what needs the merchant: `GET /v1/summary`. */
// from the document when it has it
export type Summary = {
  since: string;
  until: string;
  bucket_seconds: number;
  exact: boolean;
  read_since?: string | null;
  actions: number;
  statuses: { [status in string]?: number };
  buckets: { start: string; statuses: { [status in string]?: number } }[];
  reconnect: {
    integration: string;
    label: string;
    app: string;
    since?: string | null;
    reason?: string | null;
    hint?: string | null;
    waits: Waits;
  }[];
  failing_rules: {
    rule: string;
    name?: string | null;
    exists: boolean;
    count: number;
    last: { action: string; event: string; at: string; status: Status; message?: string | null; hint?: string | null };
  }[];
  failed_today: { count: number; actions: Action[] };
  paused: {
    app: string;
    integration?: string | null;
    label?: string | null;
    cause: "operator" | "failures";
    since?: string | null;
    until?: string | null;
    note?: string | null;
    waiting: number;
    next_attempt?: string | null;
  }[];
};

/** An app's manifest, as `functions/README.md` documents it. */
export type Manifest = {
  app: string;
  label: string;
  description: string;
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
  secret?: boolean;
  optional?: boolean;
  pattern?: string;
};

export type ManifestAction = {
  key: string;
  label: string;
  description: string;
  opposite?: string;
  settings: Setting[];
  triggers?: string[];
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

/** What a rule's view has besides the document: who changed it, and the names that its sentence needs. */
// from the document when it has it
export type NamedRule = Omit<Rule, "names"> & {
  changed_by?: Actor | null;
  /** Null in responses to changes. */
  names?: { integration?: string | null; products?: Record<string, string | null> } | null;
};

/** The requests that a connector would send for a rule. */
// from the document when it has it
export type RulePreview = {
  actions: {
    email: string;
    line?: string | null;
    settings: Record<string, unknown>;
    requests: PreviewRequest[];
    continues: boolean;
    reason?: string | null;
  }[];
  more: number;
  findings: Finding[];
};

// from the document when it has it
export type PreviewRequest = {
  method: string;
  url: string;
  headers: { name: string; value: string }[];
  body?: unknown;
};

/** The actions of a rule that is tried once. */
// from the document when it has it
export type Trial = { event: string; actions: string[] };

export type Finding = Schemas["FindingView"];
export type DryRun = Schemas["DryRunView"];
export type Condition = Schemas["ConditionBody"];
export type ConditionField = Schemas["FieldView"];
