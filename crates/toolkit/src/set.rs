//! The toolkits that are there.

use crate::{AccountCodec, ArtifactFile, ArtifactLoader, Recognition, Toolkit, TransactionFormat};
use hexapla_abi::Abi;
use hexapla_primitives::{Bytes, NativeId, VmId};
use std::{fmt, sync::Arc};

/// Toolkits in an order, the EVM's first. Where several can answer, the first does. Cheap to clone.
#[derive(Clone, Default)]
pub struct Toolkits(Arc<[Arc<dyn Toolkit>]>);

impl FromIterator<Arc<dyn Toolkit>> for Toolkits {
    fn from_iter<T: IntoIterator<Item = Arc<dyn Toolkit>>>(toolkits: T) -> Self {
        Self(toolkits.into_iter().collect())
    }
}

impl Toolkits {
    /// These toolkits.
    pub fn new(toolkits: impl IntoIterator<Item = Arc<dyn Toolkit>>) -> Self {
        toolkits.into_iter().collect()
    }

    /// The same, and another one behind them: that of a VM of one's own beside the standard ones.
    #[must_use]
    pub fn with(self, toolkit: Arc<dyn Toolkit>) -> Self {
        self.0.iter().cloned().chain([toolkit]).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Toolkit> {
        self.0.iter().map(|toolkit| &**toolkit)
    }

    /// The toolkit of a VM.
    pub fn get(&self, vm: VmId) -> Option<&dyn Toolkit> {
        self.iter().find(|toolkit| toolkit.vm() == vm)
    }

    /// The toolkit of the VM with this name.
    pub fn named(&self, name: &str) -> Option<&dyn Toolkit> {
        self.iter().find(|toolkit| toolkit.vm().name() == name)
    }

    /// The first VM whose contracts are called in an ABI.
    pub fn by_abi(&self, abi: Abi) -> Option<&dyn Toolkit> {
        self.iter().find(|toolkit| toolkit.abi() == abi)
    }

    /// The toolkit that names its ids in this section of a scenario.
    pub fn by_section(&self, section: &str) -> Option<&dyn Toolkit> {
        self.iter().find(|toolkit| toolkit.words().section == Some(section))
    }

    /// Those with transactions of their own form.
    pub fn with_transactions(&self) -> impl Iterator<Item = (&dyn Toolkit, &dyn TransactionFormat)> {
        self.iter().filter_map(|toolkit| Some((toolkit, toolkit.transactions()?)))
    }

    /// Those whose accounts are objects of their own.
    pub fn with_accounts(&self) -> impl Iterator<Item = (&dyn Toolkit, &dyn AccountCodec)> {
        self.iter().filter_map(|toolkit| Some((toolkit, toolkit.accounts()?)))
    }

    /// Who knows how the constructor of the contract is called that creation code creates, and with what its call data
    /// begin; `None` where creation code runs the constructor itself.
    pub fn constructor_of(&self, creation: &Bytes) -> Option<(&dyn ArtifactLoader, [u8; 4])> {
        let loader = self.iter().filter_map(Toolkit::artifacts).find(|loader| loader.calls_constructor(creation))?;
        Some((loader, loader.constructor_selector()?))
    }

    /// The account that a text means which only one VM writes so; not the addresses that all share.
    pub fn parse_id(&self, text: &str) -> Option<NativeId> {
        let own = self.iter().filter(|toolkit| toolkit.vm() != VmId::EVM);
        own.map(Toolkit::addresses).filter(|format| format.vm() != VmId::EVM).find_map(|format| format.parse(text))
    }

    /// An id as people write it; in hex where nobody knows its VM.
    pub fn format_id(&self, id: &NativeId) -> String {
        let format = self.get(id.vm).map(Toolkit::addresses);
        format.map_or_else(|| id.bytes.to_string(), |format| format.format(&id.bytes))
    }

    /// Enough of an id to recognise it.
    pub fn short_id(&self, id: &NativeId) -> String {
        let format = self.get(id.vm).map(Toolkit::addresses);
        format.map_or_else(|| id.bytes.to_string(), |format| format.short(&id.bytes))
    }

    /// Whose artifact a file is: the toolkit that recognises it best, the first of several.
    pub fn owner_of(&self, file: &ArtifactFile<'_>) -> Option<(&dyn Toolkit, &dyn ArtifactLoader)> {
        let mut best: Option<(Recognition, &dyn Toolkit, &dyn ArtifactLoader)> = None;
        for toolkit in self.iter() {
            let Some(loader) = toolkit.artifacts() else { continue };
            let how = loader.recognise(file);
            if how != Recognition::No && best.as_ref().is_none_or(|(most, ..)| how > *most) {
                best = Some((how, toolkit, loader));
            }
        }
        best.map(|(_, toolkit, loader)| (toolkit, loader))
    }

    /// The forms of all artifacts, as a list for a message: the first of each VM, then the others.
    pub fn artifact_forms(&self) -> String {
        let forms: Vec<_> = self.iter().filter_map(|toolkit| Some(toolkit.artifacts()?.forms())).collect();
        let first = forms.iter().filter_map(|forms| forms.first());
        let all: Vec<&str> = first.chain(forms.iter().flat_map(|forms| forms.iter().skip(1))).copied().collect();
        match all.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{}, or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl fmt::Debug for Toolkits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|toolkit| toolkit.vm())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AddressFormat, Currency, SharedAddresses, Words};

    struct Own(VmId);

    static WORDS: Words = Words {
        ecosystem: "",
        contract: "",
        short_contract: "",
        article: "",
        signer: "",
        section: Some("wallets"),
        signer_help: "",
        value_help: "",
        calls_example: "",
        artifact: "",
        interface: "",
        colour: (0, 0, 0),
    };

    impl Toolkit for Own {
        fn vm(&self) -> VmId {
            self.0
        }

        fn words(&self) -> &'static Words {
            &WORDS
        }

        fn abi(&self) -> Abi {
            Abi::default()
        }

        fn currency(&self) -> Currency {
            Currency { unit: "", wei: 1 }
        }

        fn addresses(&self) -> &dyn AddressFormat {
            &SharedAddresses
        }
    }

    #[test]
    fn a_toolkit_of_ones_own_stands_behind_those_that_are_there() {
        let standard = Toolkits::new([Arc::new(Own(VmId(200))) as Arc<dyn Toolkit>]);
        let both = standard.clone().with(Arc::new(Own(VmId(201))));
        assert_eq!(both.iter().map(|toolkit| toolkit.vm()).collect::<Vec<_>>(), [VmId(200), VmId(201)]);
        assert!(both.get(VmId(201)).is_some() && standard.get(VmId(201)).is_none());
        assert_eq!(both.by_section("wallets").map(|toolkit| toolkit.vm()), Some(VmId(200)), "the first one answers");
    }
}
