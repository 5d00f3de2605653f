//! Facts of several sizes, in the form of a cart's: more lines, each with the fields that a producer adds.
use serde_json::{Value, json};
use stack::{Sample, Shop};

use crate::purchases::purchase;

const WORDS: [&str; 24] = [
    "sourdough",
    "baking",
    "weekend",
    "recipe",
    "kitchen",
    "starter",
    "studio",
    "photo",
    "garden",
    "yoga",
    "piano",
    "guitar",
    "spanish",
    "writing",
    "poetry",
    "finance",
    "running",
    "cycling",
    "drawing",
    "portrait",
    "travel",
    "camera",
    "pottery",
    "knitting",
];

/// A purchase of one line whose detail has about that many bytes. The further bytes are lines of another kind of object,
/// `order.lines`, which the engine stores and does not evaluate.
pub(super) fn sized(shop: &Shop, number: usize, bytes: usize) -> Sample {
    let mut sample = purchase(shop, number);
    let mut lines = Vec::new();
    while sample.detail.to_string().len() < bytes {
        lines.push(line(number * 31 + lines.len() * 7, lines.len()));
        sample = sample.with("/order/lines", Value::Array(lines.clone()));
    }
    sample
}

/// A purchase of several lines, each of another product.
pub(super) fn of_lines(shop: &Shop, number: usize, count: usize) -> Sample {
    let usd = json!({ "amount": 4900, "currency": "USD" });
    let item = |line: usize| {
        json!({
            "line_id": format!("li_{line}"), "product_id": format!("{}-{line}", WORDS[line % WORDS.len()]),
            "name": WORDS[line % WORDS.len()], "role": if line == 0 { "primary" } else { "order_bump" }, "quantity": 1,
            "price": usd,
        })
    };
    purchase(shop, number).with("/items", (0..count).map(item).collect::<Vec<_>>())
}

fn line(seed: usize, number: usize) -> Value {
    let word = |step: usize| WORDS[(seed + step * step) % WORDS.len()];
    let slug = [word(1), word(5), word(3)].join("-");
    let amount = seed % 500 * 100;
    let usd = |amount: usize| json!({ "amount": amount, "currency": "USD" });
    json!({
        "line_id": format!("li_{number}"), "product_id": slug, "name": slug.replace('-', " "), "role": "order_bump",
        "quantity": 1, "price": usd(amount), "sku": null, "taxable": true, "requires_shipping": false,
        "discount": usd(0), "tax": usd(amount / 5), "total": usd(amount + amount / 5),
        "url": format!("https://shop.example.com/courses/{slug}"),
        "image": format!("https://cdn.example.com/images/{slug}.jpg"),
    })
}
