import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { money } from "../../format/money";
import { rules as text } from "../../text";
import { Combobox, type Item } from "../../ui/combobox";
import { Field } from "../../ui/field";
import { useSettled } from "../../ui/use-settled";
import { productsQuery } from "../queries";
import type { PartProps } from "./props";
import { Segmented } from "./segmented";

/** Global or Product, and the products. */
export function ScopePart({ draft, change, errors, warnings }: PartProps) {
  const { form } = text;
  return (
    <>
      <Segmented
        name="scope"
        label={form.scope}
        value={draft.scope}
        onChange={(scope) => change({ ...draft, scope })}
        error={errors.scope}
        segments={[
          { value: "global", label: form.global, detail: form.globalHelp },
          { value: "products", label: form.products, detail: form.productsHelp },
        ]}
      />
      {draft.scope === "products" && (
        <Field label={form.product} name="products" error={errors.products} warning={warnings.products}>
          <ProductPicker value={draft.products} onChange={(products) => change({ ...draft, products })} />
        </Field>
      )}
    </>
  );
}

function ProductPicker({ value, onChange }: { value: readonly Item[]; onChange: (value: Item[]) => void }) {
  const [search, setSearch] = useState("");
  const products = useQuery(productsQuery(useSettled(search.trim(), 200)));
  const items = (products.data ?? []).map(({ product_id, name, price, status }) => ({
    value: product_id,
    label: name,
    detail: [
      product_id,
      price && money(price.amount, price.currency),
      status === "archived" ? text.form.archived : status === "test" ? text.form.test : "",
    ]
      .filter(Boolean)
      .join(" · "),
  }));
  const names = new Map(items.map((item) => [item.value, item.label]));
  return (
    <Combobox
      many
      items={items}
      value={value.map((item) => ({ ...item, label: names.get(item.value) ?? item.label }))}
      onChange={(next) => onChange(next.map((item) => ({ value: item.value, label: item.label })))}
      onSearch={setSearch}
      loading={products.isFetching}
      placeholder={text.form.findProduct}
      none={text.form.noProducts}
    />
  );
}
