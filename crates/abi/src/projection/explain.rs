//! What is translated how, in words.

use alloc::{format, string::String, vec::Vec};

use super::Projection;
use crate::{
    image::{Image, Kind, Rule},
    interface::{Abi, Param},
    text::escape,
};

impl Projection {
    /// How the projected function with this index is translated: a line per argument and result,
    /// `name: source type → projected type, rule`. Empty for an index of no function.
    pub fn explain(&self, function: usize) -> Vec<String> {
        let (Some(plan), Some(source)) = (self.functions.get(function), self.function(function)) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        if plan.coin {
            lines.push("lamports: the coin that is sent with the call; 0 for none".into());
        }
        let types = source.type_params.iter().take(plan.type_params);
        lines.extend(
            types.map(|name| format!("{}: type parameter → string, a type as the callee writes it", escape(name))),
        );
        for account in &plan.accounts {
            let name = escape(&account.name);
            let missing = if account.optional { "zero leaves it out" } else { "required" };
            lines.push(format!("{name}: account → {}, its 32-byte id; {missing}", account.image.image()));
        }
        let filled = source.caller_params.iter();
        lines.extend(
            filled.map(|name| format!("{}: filled by the callee's VM with the account that calls", escape(name))),
        );
        lines.extend(self.lines("", &source.inputs, &plan.inputs));
        lines.extend(self.lines("returns ", &source.outputs, &plan.outputs));
        lines
    }

    fn lines<'p>(
        &self,
        before: &'static str,
        params: &'p [Param],
        images: &'p [Image],
    ) -> impl Iterator<Item = String> + use<'p> {
        let target = self.target();
        params.iter().zip(images).map(move |(param, image)| {
            let name = if param.name.is_empty() { "_".into() } else { escape(&param.name) };
            format!("{before}{name}: {} → {}, {}", image.source(), image.image(), words(image, target))
        })
    }
}

fn words(image: &Image, target: Abi) -> String {
    match Kind::of(image.source()).rule(target) {
        _ if image.is_same() => "as it is".into(),
        Rule::Same => "its parts are translated".into(),
        rule => rule.words().into(),
    }
}
