import { useQuery } from "@tanstack/react-query";
import { Plug } from "lucide-react";
import { useCallback, useState } from "react";
import { useSearchParams } from "wouter";
import { useCanWrite } from "../api/permission";
import { ApiError } from "../api/problem";
import { common, rules as text } from "../text";
import { ButtonLink } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useDiscard } from "../ui/discard";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Rows } from "../ui/skeleton";
import { draftOf, emptyDraft, type Scope } from "./draft";
import { forgetDraft } from "./drafts";
import type { Fixed } from "./filter";
import { productQuery, ruleQuery, useCatalog } from "./queries";
import { RuleDetails } from "./rule-details";
import { RuleEditor } from "./rule-editor";
import styles from "./slide-out.module.css";

type Props = {
  /** The rule's id, or `new`. */
  id: string;
  fixed: Fixed;
  onClose: () => void;
  /** Opens the test of a rule that was added. */
  onAdded: (rule: string) => void;
};

/** A rule over the page: the form, or its parts for a session that is read-only. */
export function RuleSlideOut({ id, fixed, onClose, onAdded }: Props) {
  const canWrite = useCanWrite();
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  const [typed, setTyped] = useState({ isDirty: false, key: "" });
  const [close, question] = useDiscard(typed.isDirty, () => {
    forgetDraft(typed.key);
    onClose();
  });
  const { form } = text;
  const isNew = id === "new";
  return (
    <Dialog
      kind="slide-out"
      open
      inAddress
      onClose={close}
      title={isNew ? form.addTitle : canWrite ? form.editTitle : form.viewTitle}
      footer={canWrite && <div ref={setSlot} className={styles.buttons} />}
    >
      <Content
        id={id}
        fixed={fixed}
        slot={slot}
        onClose={close}
        onSaved={onClose}
        onTry={onAdded}
        onDirty={useCallback((isDirty: boolean, key: string) => setTyped({ isDirty, key }), [])}
      />
      {question}
    </Dialog>
  );
}

type ContentProps = {
  id: string;
  fixed: Fixed;
  slot: HTMLElement | null;
  onClose: () => void;
  onSaved: () => void;
  onTry: (rule: string) => void;
  onDirty: (isDirty: boolean, key: string) => void;
};

function Content({ id, fixed, ...rest }: ContentProps) {
  const isNew = id === "new";
  const canWrite = useCanWrite();
  const { catalog, error, retry } = useCatalog();
  const [parameters] = useSearchParams();
  const rule = useQuery({ ...ruleQuery(id), enabled: !isNew });
  const given = fixed.product ?? parameters.get("product") ?? "";
  const product = useQuery({ ...productQuery(given), enabled: isNew && given !== "" });
  const { form } = text;

  if (rule.error instanceof ApiError && rule.error.status === 404)
    return <Empty title={form.gone}>{form.goneHelp}</Empty>;
  if (error || (rule.error && !rule.data))
    return <Failure error={error ?? rule.error} retry={error ? retry : () => void rule.refetch()} />;
  if (!catalog || (!isNew && !rule.data) || product.isLoading) return <Rows count={6} />;
  if (!canWrite && rule.data) return <RuleDetails rule={rule.data} catalog={catalog} />;
  if (!canWrite) return <Empty title={form.notAllowed}>{common.readOnly}</Empty>;
  if (isNew && catalog.integrations.size === 0)
    return (
      <Empty
        title={form.noIntegrations}
        action={
          <ButtonLink href="/apps" look="primary" icon={Plug}>
            {form.toApps}
          </ButtonLink>
        }
      >
        {form.noIntegrationsHelp}
      </Empty>
    );
  const scope = (fixed.scope ?? parameters.get("scope") ?? "") as Scope | "";
  const initial = rule.data
    ? draftOf(rule.data)
    : emptyDraft(
        {
          integration: fixed.integration ?? parameters.get("integration") ?? "",
          ...(given ? { product: { value: given, label: product.data?.name ?? given } } : {}),
          ...(scope === "global" || scope === "products" ? { scope } : {}),
        },
        catalog,
      );
  return <RuleEditor rule={rule.data ?? null} initial={initial} catalog={catalog} {...rest} />;
}
