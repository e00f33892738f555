//! Lists that are read again and again. A row is made once for each key and then follows its item, so that focus, an open
//! menu and a selected text stay with the row they are on, whatever comes before it and however its figures move.

use std::collections::BTreeMap;
use std::hash::Hash;

use leptos::prelude::*;

/// A row for each of `items`, in their order. `row` is called once a `key`, with what follows its item.
pub fn rows<T, K>(
    items: Signal<Vec<T>>,
    key: fn(&T) -> K,
    row: impl Fn(Signal<T>) -> AnyView + Clone + Send + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    K: Ord + Hash + Clone + Send + Sync + 'static,
{
    let by_key = Memo::new(move |_| {
        let pairs = items.with(|items| items.iter().map(|item| (key(item), item.clone())).collect::<Vec<_>>());
        BTreeMap::from_iter(pairs)
    });
    let follow = move |first: T| {
        let own = key(&first);
        // A row that is about to go shows what it showed last.
        let item = Memo::new(move |last: Option<&T>| {
            let now = by_key.with(|by_key| by_key.get(&own).cloned());
            now.or_else(|| last.cloned()).unwrap_or_else(|| first.clone())
        });
        row(item.into())
    };
    view! { <For each=move || items.get() key=key children=follow /> }
}
