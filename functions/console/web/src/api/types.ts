/** Short names for the schemas of the API's document. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type App = Schemas["AppView"];
export type Integration = Schemas["IntegrationView"];
export type Rule = Schemas["RuleView"];
export type RuleBody = Schemas["RuleBody"];
export type Trigger = Schemas["TriggerView"];
export type Product = Schemas["ProductView"];
export type Option = Schemas["OptionView"];
export type Action = Schemas["ActionView"];
export type EventRow = Schemas["EventRow"];
export type Event = Schemas["EventView"];
export type ConfigEntry = Schemas["ConfigView"];

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
  oauth?: object;
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
