//! Interfaces of Solana programs from Codama's IDL.

use hexapla_abi::{AccountSource, B256, Interface, Seed};

const VAULT: &str = include_str!("data/vault-codama.json");

fn vault() -> Interface {
    Interface::from_codama(VAULT).unwrap()
}

#[test]
fn a_codama_instruction_is_read_in_full() {
    let vault = vault();
    let place = vault.function("place_order").unwrap();
    // Three bytes filled up to four, then a number that is written in big-endian order.
    assert_eq!(place.selector[..], [0xa1, 0xb2, 0xc3, 0, 1, 2]);
    let inputs = place.inputs.iter().map(|input| format!("{}: {}", input.name, input.ty)).collect::<Vec<_>>();
    assert_eq!(
        inputs,
        [
            "vault_index: u16",
            "order_kind: OrderKind{MarketOrder, Limit(u64), Stop({at_price: i128})}",
            "label: string",
            "keys: [address]",
            "hash: bytes20",
            "heir: address",
        ]
    );
    assert_eq!(vault.function("ping").unwrap().selector[..], [97], "a constant at the beginning, in base58");
    assert_eq!(vault.error_by_selector(&7_u32.to_le_bytes()).unwrap().name, "VaultIsFull");
    let state = &vault.layouts[0];
    assert_eq!((state.name.as_str(), &state.discriminator[..]), ("VaultState", &[3][..]));
    assert_eq!(state.ty.to_string(), "VaultState{close_authority: COption{tag: u32, value: address}}");
}

#[test]
fn accounts_have_the_flags_and_sources_that_codama_says() {
    let vault = vault();
    let accounts = &vault.function("place_order").unwrap().accounts;
    let flags = accounts.iter().map(|a| (a.writable, a.signer, a.optional)).collect::<Vec<_>>();
    let readonly = (false, false, false);
    assert_eq!(flags, [(true, true, false), (true, false, false), readonly, readonly, (false, false, true)]);
    let own = bs58::decode("LendZqTs7gn5CTSJU1jWKhKuVpjJGom45nnwPb2AMTi").into_vec().unwrap();
    let token = bs58::decode("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA").into_vec().unwrap();
    let seeds = vec![
        Seed::Const("vault".into()),
        Seed::Const(own.clone().into()),
        Seed::Account("owner".into()),
        Seed::Arg(vec!["vault_index".into()]),
    ];
    assert_eq!(accounts[1].source, AccountSource::Derived { program: None, seeds });
    let program = Some(Seed::Const(token.into()));
    assert_eq!(accounts[2].source, AccountSource::Derived { program, seeds: vec![] });
    assert_eq!(accounts[3].source, AccountSource::Fixed(B256::from_slice(&own)));
    assert_eq!(accounts[4].source, AccountSource::Given);
    let ping = vault.function("ping").unwrap();
    assert!(!ping.accounts[0].optional, "what clients leave out altogether must be given here");
}

#[test]
fn what_borsh_cannot_say_is_refused() {
    let vault = vault();
    let refused = vault.refused.iter().map(|refused| format!("{}: {}", refused.item, refused.reason));
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [
            "instruction `bigEndian`: a number is in big-endian order, Borsh's are little-endian",
            "instruction `endless`: the type vault.loop contains itself, a value of it could have any depth",
            "instruction `wideTag`: Borsh tells options by one byte, this one is told by u32",
            "instruction `zeroable`: an option without a tag has no form in Borsh",
            "instruction `rest`: its discriminator 0x is the beginning of 0x61, that of ping: calls of both look alike",
        ]
    );
}

#[test]
fn one_of_several_programs_is_chosen_by_its_name() {
    assert_eq!(Interface::from_codama_program(VAULT, "registry").unwrap().name, "registry");
    assert_eq!(Interface::from_codama_program(VAULT, "vault").unwrap(), vault());
    let error = Interface::from_codama_program(VAULT, "bank").unwrap_err().to_string();
    assert!(error.ends_with("the IDL has no program of this name; it has vault, registry"), "{error}");
}
