import { Plus } from "lucide-react";
import { useParams, useSearchParams } from "wouter";
import { useParameter } from "../address";
import { useCanWrite } from "../api/permission";
import { rulePage } from "../pages";
import { rules as text } from "../text";
import { ButtonLink } from "../ui/button";
import { Page } from "../ui/page";
import { Tabs } from "../ui/tabs";
import { addressOf, type HrefOf } from "./href";
import { RulesView } from "./rule-list";

type Tab = "all" | "global" | "products";

const TABS: Tab[] = ["all", "global", "products"];

/** All rules of the merchant. */
export default function RulesPage() {
  const { rule = "" } = useParams<{ rule?: string }>();
  const [parameters] = useSearchParams();
  const [scope, setScope] = useParameter("scope");
  const canWrite = useCanWrite();
  const tab = TABS.find((one) => one === scope) ?? "all";

  const hrefOf: HrefOf = (id, isTry = false) => {
    const path = id ? rulePage(id) : "/rules";
    const product = parameters.get("product");
    const add = { ...(id && product ? { product } : {}), ...(isTry ? { try: "1" } : {}) };
    return addressOf({ path, parameters, add });
  };
  return (
    <Page
      title={text.title}
      detail={text.detail}
      actions={
        canWrite && (
          <ButtonLink href={hrefOf("new")} look="primary" icon={Plus}>
            {text.add}
          </ButtonLink>
        )
      }
    >
      <Tabs
        label={text.tabsLabel}
        value={tab}
        onChange={(next) => setScope(next === "all" ? "" : next)}
        tabs={TABS.map((value) => ({
          value,
          label: text.tabs[value],
          content: <RulesView {...(value === "all" ? {} : { scope: value })} open={rule} hrefOf={hrefOf} />,
        }))}
      />
    </Page>
  );
}
