/** Rules that several tests begin with. */

/** A document with one rule, for every product. It needs the account of `Shop.connectMailchimp`. */
export const BUYERS_JOIN = `rules:
  - name: Buyers join the list
    global: true
    trigger: product_purchased
    integration: Demo audience
    action: add_to_list
    settings: { list_id: demo }
`;

/** A document with one rule that tags each buyer. It needs the same account. */
export const BUYERS_ARE_TAGGED = `rules:
  - name: Bakers are tagged
    global: true
    trigger: product_purchased
    integration: Demo audience
    action: add_tag
    settings: { list_id: demo, tag: [Baker] }
`;
