import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useParams, useSearchParams } from "wouter";
import { useCanWrite } from "../api/permission";
import { rules as text } from "../text";
import { ButtonLink } from "../ui/button";
import { Page } from "../ui/page";
import { addressOf, type HrefOf } from "./href";
import { productQuery } from "./queries";
import { RulesView } from "./rule-list";

/** The rules of one product, with the global ones; also inside the product's page of the host. */
export default function ProductRules() {
  const { product = "", rule = "" } = useParams<{ product: string; rule?: string }>();
  const [parameters] = useSearchParams();
  const canWrite = useCanWrite();
  const name = useQuery({ ...productQuery(product), enabled: product !== "" }).data?.name ?? product;

  const hrefOf: HrefOf = (id, isTry = false) => {
    const path = `/products/${encodeURIComponent(product)}${id ? `/${id}` : ""}`;
    return addressOf({ path, parameters, add: isTry ? { try: "1" } : {} });
  };
  return (
    <Page
      title={<bdi>{text.productTitle(name)}</bdi>}
      detail={text.productDetail}
      actions={
        canWrite && (
          <ButtonLink href={hrefOf("new")} look="primary" icon={Plus}>
            {text.add}
          </ButtonLink>
        )
      }
    >
      <RulesView product={product} open={rule} hrefOf={hrefOf} />
    </Page>
  );
}
