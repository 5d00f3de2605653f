type Props = { integration?: string; status?: string };

export function ActionList({ integration, status }: Props) {
  return <p>{[integration, status].filter(Boolean).join(" ")}</p>;
}
