type Props = { integration?: string; product?: string; scope?: "global" | "products" };

export function RulesList({ integration, product, scope }: Props) {
  return <p>{[integration, product, scope].filter(Boolean).join(" ")}</p>;
}
