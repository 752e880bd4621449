//! Whatever is wrong with the input is said with its place and a way out, and with exit code 2.

mod support;

use support::{Ran, Sandbox};

const HEAD: &str = "[accounts]\nalice = \"1 ether\"\n\n";
const TOKEN: &str =
    "[[step]]\ndeploy = \"token\"\nartefact = \"{contracts}/evm/token/Token.json\"\nargs = [\"T\", \"T\", 5]\n\n";

#[track_caller]
fn refused(scenario: &str) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", scenario);
    let ran = sandbox.hexapla(&["run", "."]).exits(2);
    assert_eq!(ran.stdout, "", "nothing was executed");
    ran
}

/// With the accounts and the token before it.
#[track_caller]
fn refused_step(step: &str) -> Ran {
    refused(&format!("{HEAD}{TOKEN}[[step]]\n{step}\n"))
}

#[track_caller]
fn all_of(ran: Ran, whats: &[&str]) {
    whats.iter().fold(ran, |ran, what| ran.says(what));
}

#[test]
fn unknown_keys_are_named_with_the_nearest_one() {
    all_of(refused_step("cal = \"token.name\""), &["does not say what to do", "scenario.toml:9:1"]);
    all_of(
        refused_step("call = \"token.name\"\nargz = []"),
        &[
            "step 2, a `call`, has no key `argz`",
            "did you mean `args`?",
            "scenario.toml:11:1",
            "hexapla::scenario::unknown_key",
        ],
    );
    all_of(refused("titel = \"x\"\n"), &["the scenario has no key `titel`", "did you mean `title`?"]);
    all_of(
        refused_step("call = \"token.name\"\nexpect = { return = 1 }"),
        &["`expect` has no key `return`", "did you mean `returns`?"],
    );
}

#[test]
fn wrong_types_missing_keys_and_broken_toml_point_at_the_place() {
    all_of(refused("title = 5\n[[step]]\n"), &["`title` must be a text in quotes, not a whole number", ":1:9"]);
    all_of(refused("[[step]]\ndeploy = \"x\"\n"), &["lacks `artifact`", "belongs here"]);
    all_of(refused("title = \"x\n"), &["not valid TOML", ":1:"]);
    all_of(refused(HEAD), &["has no steps", "[[step]]"]);
    all_of(refused_step("call = \"token.name\"\ngas = -1"), &["`gas` must be a whole number from 0 to 2^64 - 1"]);
    all_of(refused_step("call = \"token.name\"\ncheck = \"x\""), &["several things at once: call, check"]);
    all_of(
        refused("[chain]\nspec = \"osakka\"\n[[step]]\ncheck = \"\""),
        &["no fork `osakka`", "did you mean `osaka`?"],
    );
    all_of(refused("[accounts]\nalice = \"1.5 weii\"\n[[step]]\ncheck = \"\""), &["is no number with a unit", ":2:9"]);
    all_of(refused("[accounts]\n\"a b\" = 1\n[[step]]\ncheck = \"\""), &["cannot be a name"]);
}

#[test]
fn unknown_names_are_answered_with_near_ones() {
    all_of(
        refused_step("call = \"tokken.name\""),
        &["no account or contract `tokken`", "did you mean `token`?", ":10:9"],
    );
    all_of(refused_step("call = \"token.nmae\""), &["no function \"nmae\"", "did you mean name()?", ":10:15"]);
    all_of(refused_step("call = \"token.name\"\nfrom = \"alise\""), &["`alise`", "did you mean `alice`?"]);
    all_of(
        refused_step("deploy = \"alice\"\nartefact = \"{contracts}/evm/token/Token.json\"\nargs = [\"\", \"\", 1]"),
        &["the name `alice` is taken"],
    );
}

#[test]
fn wrong_arguments_show_the_signature() {
    all_of(
        refused_step("call = \"token.transfer\"\nargs = [\"alice\"]"),
        &["transfer(address,uint256) takes 2 arguments, 1 given"],
    );
    let sandbox = Sandbox::new();
    sandbox
        .write("scenario.toml", &format!("{HEAD}{TOKEN}[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", true]\n"));
    let ran = sandbox.hexapla(&["run", "."]).exits(2);
    all_of(ran, &["\"bob\" is neither an address", "argument 1 `to` of transfer(address,uint256)", ":11:9"]);
    sandbox
        .write("scenario.toml", &format!("{HEAD}{TOKEN}[[step]]\ncall = \"token.transfer\"\nargs = [\"alice\", -1]\n"));
    all_of(sandbox.hexapla(&["run", "."]).exits(2), &["-1", "u256", "argument 2 `value`"]);
}

#[test]
fn references_to_nothing_say_what_there_is() {
    let sandbox = Sandbox::new();
    let step = "[[step]]\ncall = \"token.totalSupply\"\nsave = \"supply\"\n[[step]]\ncall = \"token.transfer\"\nargs = [\"alice\", \"$suply\"]\n";
    sandbox.write("scenario.toml", &format!("{HEAD}{TOKEN}{step}"));
    all_of(sandbox.hexapla(&["run", "."]).exits(2), &["nothing was saved as `suply`", "did you mean `supply`?"]);
}

fn artefact(name: &str, content: &str) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write(name, content);
    sandbox.write("scenario.toml", &format!("{HEAD}[[step]]\ndeploy = \"x\"\nartefact = \"{name}\"\n"));
    sandbox.hexapla(&["run", "."]).exits(2)
}

#[test]
fn artefacts_that_are_not_what_they_claim_are_refused() {
    all_of(artefact("x.wasm", "not wasm"), &["not a compiled contract", "\\0asm", ":6:12"]);
    all_of(artefact("x.wasm", "\0asm\u{1}\0\0\0"), &["cannot run as a contract", "memory"]);
    all_of(artefact("x.json", "{"), &["cannot be deployed", "not valid JSON"]);
    all_of(artefact("x.json", "{\"a\": 1}"), &["expected an artefact of Foundry, Hardhat or solc"]);
    all_of(artefact("x.json", "[]"), &["has no creation bytecode"]);
    all_of(artefact("x.hex", "0xzz"), &["not a compiled contract"]);
    all_of(artefact("x.hex", ""), &["the file is empty"]);
    let unlinked = "{\"abi\": [], \"bytecode\": {\"object\": \"0x6000__$0123456789012345678901234567890123$__6000\"}}";
    all_of(artefact("x.json", unlinked), &["is not linked", "at byte 2", "--libraries"]);
    let two = "{\"contracts\": {\"a.sol\": {\"A\": {\"abi\": []}, \"B\": {\"abi\": []}}}}";
    all_of(artefact("x.json", two), &["2 contracts", "a.sol:A", "contract = \"Name\""]);
}

#[test]
fn missing_files_are_named() {
    let sandbox = Sandbox::new();
    all_of(sandbox.hexapla(&["run", "nowhere"]).exits(2), &["cannot read the scenario nowhere", "No such file"]);
    all_of(sandbox.hexapla(&["run", "."]).exits(2), &["scenario.toml", "a scenario is a folder"]);
    all_of(sandbox.hexapla(&["test", "nowhere"]).exits(2), &["nowhere"]);
    all_of(sandbox.hexapla(&["test", "."]).exits(2), &["no scenarios below"]);
    sandbox.write("scenario.toml", &format!("{HEAD}[[step]]\ndeploy = \"x\"\nartefact = \"gone.json\"\n"));
    all_of(sandbox.hexapla(&["run", "."]).exits(2), &["cannot read the artefact", "gone.json", ":6:12"]);
}

#[test]
fn scenarios_that_are_not_text_and_unknown_options_are_refused() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path().join("x.toml"), [0xff, 0xfe]).unwrap();
    all_of(sandbox.hexapla(&["run", "x.toml"]).exits(2), &["not UTF-8"]);
    all_of(sandbox.hexapla(&["run", "x.toml", "--engine", "v8"]).exits(2), &["wasmtime", "wasmi"]);
}

#[test]
fn transactions_that_nobody_can_pay_are_no_transactions() {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", "[accounts]\nalice = 1\n[[step]]\ncall = \"alice\"\nvalue = 2\n");
    all_of(sandbox.hexapla(&["run", "."]).exits(1), &["not accepted:", ":4:8"]);
}

#[test]
fn text_from_outside_cannot_move_the_cursor() {
    let sandbox = Sandbox::new();
    let step = "[[step]]\ndeploy = \"token\"\nartefact = \"{contracts}/evm/token/Token.json\"\nargs = [\"\\u001b[2J\", \"\\u202e\", 5]\n";
    let rest = "[[step]]\ncall = \"token.name\"\n[[step]]\ncall = \"token.symbol\"\n";
    sandbox.write("scenario.toml", &format!("title = \"\\u001b[2J\"\n{HEAD}{step}{rest}"));
    // Without colours the streams would strip such sequences themselves.
    for args in [&["run", ".", "--color", "always"][..], &["run", ".", "--json", "--color", "always"]] {
        let ran = sandbox.hexapla(args).exits(0);
        assert!(!ran.stdout.contains("\u{1b}[2J") && !ran.stdout.contains('\u{202e}'), "{:?}", ran.stdout);
        assert!(ran.stdout.contains("202e"), "{:?}", ran.stdout);
    }
    for scenario in ["x = \"\u{1b}[2J\u{9b}\u{202e}\"", "\"\\u001b[2J\\u202e\" = 1"] {
        sandbox.write("scenario.toml", scenario);
        let ran = sandbox.hexapla(&["run", ".", "--color", "always"]).exits(2);
        assert!(!ran.stderr.contains("\u{1b}[2J") && !ran.stderr.contains(['\u{202e}', '\u{9b}']), "{:?}", ran.stderr);
    }
}

#[test]
fn no_mutation_of_a_scenario_makes_it_panic() {
    let sandbox = Sandbox::new();
    let originals = ["tokens", "price-reader"].map(|example| {
        let path = support::root().join(format!("examples/{example}/scenario.toml"));
        std::fs::read_to_string(path).unwrap().replace("../../contracts", "{contracts}")
    });
    let pieces = [
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        "$",
        "-",
        "0x",
        "9999999999999999999999999999999999",
        "\n",
        "step",
        "é",
        ".",
        "(",
        ",",
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for round in 0..150 {
        let mut text: Vec<char> = originals[round % 2].chars().collect();
        for _ in 0..=random(2) {
            let at = random(text.len());
            let end = (at + random(4)).min(text.len());
            text.splice(at..end, pieces[random(pieces.len())].chars());
        }
        let text: String = text.into_iter().collect();
        sandbox.write("scenario.toml", &text);
        let ran = sandbox.hexapla(&["run", "."]);
        assert!((0..=2).contains(&ran.code), "round {round}: {}\n{}\n{text}", ran.code, ran.stderr);
    }
}

#[test]
fn keys_parts_and_accounts_of_instructions_say_what_is_wrong_with_them() {
    let with_key =
        |key: &str| refused(&format!("[accounts]\nalice = 1\n[keys]\n{key}\n[[step]]\ncheck = \"x\"\nexpect = {{}}\n"));
    all_of(with_key("a = \"not a key\""), &["is no key", "base58", ":4:5"]);
    all_of(with_key("a = { associated = \"alise\", mint = \"a\" }"), &["`alise`", "did you mean `alice`?"]);
    all_of(with_key("a = { owner = \"spl-tokn\", space = 5 }"), &["did you mean `spl-token`?"]);
    all_of(with_key("a = { space = 5, data = \"0x01\" }"), &["`space` and `data`"]);
    all_of(with_key("a = { data = { u64 = -1 } }"), &["does not fit u64"]);
    all_of(with_key("a = { data = {} }"), &["says nothing", "{ u64 = 500 }"]);
    all_of(with_key("alice = {}"), &["the name `alice` is taken"]);
    all_of(
        refused_step("invoke = \"spl-token\"\naccounts = [\"writeable alice\"]"),
        &["`writeable` says nothing about an account", "`writable`, `signer`"],
    );
    all_of(refused_step("invoke = \"spl-tokn\""), &["did you mean `spl-token`?"]);
}

#[test]
fn named_arguments_are_those_of_the_function() {
    all_of(
        refused_step("call = \"spl-token.burn\"\nargs = { acount = \"alice\", mint = \"alice\", amount = 5 }"),
        &["has no argument `acount`", "did you mean `account`?"],
    );
    all_of(
        refused_step("call = \"spl-token.burn\"\nargs = { account = \"alice\" }"),
        &["the argument `mint` of burn(bytes32,bytes32,uint64) is missing"],
    );
    all_of(
        refused_step("deploy = \"x\"\nid = \"abc\"\nartefact = \"{contracts}/svm/actor/actor.so\""),
        &["\"abc\" is no key"],
    );
}

/// A step behind accounts, keypairs and a token.
#[track_caller]
fn refused_in_the_lane(step: &str) -> Ran {
    let keys = "[keys]\ncarol = { keypair = true, lamports = 5_000_000 }\npool = {}\n\n";
    refused(&format!("{HEAD}{keys}{TOKEN}[[step]]\n{step}\n"))
}

#[test]
fn what_keypairs_sign_is_checked_before_anything_is_executed() {
    let transfer = |rest: &str| {
        refused_in_the_lane(&format!("call = \"spl-token.transfer\"\nfrom = \"carol\"\nargs = [5]\n{rest}"))
    };
    all_of(transfer(""), &["transfer needs more accounts: source, destination", "accounts = { source = \"NAME\" }"]);
    all_of(transfer("accounts = { sorce = \"pool\" }"), &["no account `sorce`", "did you mean `source`?", ":17:14"]);
    all_of(transfer("accounts = { source = \"pol\" }"), &["`pol`", "did you mean `pool`?", ":17:23"]);
    all_of(transfer("accounts = [\"pool\"]"), &["`accounts` of a call must be a table, not a list"]);
    all_of(
        transfer("accounts = { source = \"pool\", destination = \"pool\", authority = \"alice\" }"),
        &["`alice` cannot sign: it is no keypair", "keypair = true", ":17:65"],
    );
    all_of(transfer("value = 5"), &["carries no `value`", "system-program.transfer_sol"]);
    all_of(
        refused_in_the_lane("call = \"spl-token.transferCheckd\"\nfrom = \"carol\"\nargs = [1, 2]"),
        &["no function \"transferCheckd\"", "did you mean transfer_checked"],
    );
    all_of(
        refused_in_the_lane("call = \"token.transfer\"\nfrom = \"carol\"\nargs = [\"alice\", 5]"),
        &["`token` has no interface for Solana's lane", "interface = true"],
    );
    all_of(refused_in_the_lane("call = \"spl-token\"\nfrom = \"carol\""), &["does not say which function", "`invoke`"]);
    all_of(
        refused_in_the_lane("call = \"spl-token\"\nraw = \"0x\"\nfrom = \"carol\""),
        &["`raw` is call data of the EVM lane", "`invoke` and `data`"],
    );
    all_of(
        refused_in_the_lane("invoke = \"spl-memo\"\nfrom = \"carol\"\naccounts = [\"signer pool\"]"),
        &["`pool` cannot sign", ":16:13"],
    );
}

#[test]
fn what_belongs_to_the_other_lane_is_refused() {
    all_of(
        refused_in_the_lane("call = \"token.name\"\nunit_price = 5"),
        &["`unit_price` belongs to transactions that a keypair signs", "leave it out", ":15:14"],
    );
    all_of(
        refused_in_the_lane("invoke = \"spl-memo\"\nfrom = \"carol\"\ntables = [\"pol\"]"),
        &["`pol`", "did you mean `pool`?", ":16:11"],
    );
    all_of(refused_in_the_lane("call = \"token.name\"\ntables = []"), &["`tables` belongs to transactions"]);
    all_of(
        refused_in_the_lane("call = \"token.name\"\naccounts = { payer = \"carol\" }"),
        &["`accounts` belongs to transactions that a keypair signs"],
    );
    all_of(
        refused_in_the_lane("instructions = [{ invoke = \"spl-memo\" }]"),
        &["no keypair signs the transaction", "name a keypair in `from`"],
    );
    all_of(
        refused_in_the_lane("from = \"alice\"\ninstructions = [{ invoke = \"spl-memo\" }]"),
        &["`alice` cannot sign: it is no keypair"],
    );
    all_of(refused_in_the_lane("from = \"carol\"\ninstructions = []"), &["at least one instruction", "spl-memo"]);
    all_of(
        refused_in_the_lane("from = \"carol\"\ninstructions = [{ data = \"0x\" }]"),
        &["instruction 1 does not say what to call", "one of `call` and `invoke`"],
    );
    all_of(
        refused_in_the_lane("from = \"carol\"\ninstructions = [{ invoke = \"spl-memo\", dta = \"0x\" }]"),
        &["instruction 1 has no key `dta`", "did you mean `data`?"],
    );
    all_of(refused("[keys]\na = { keypair = true, key = \"x\" }\n[[step]]\ncheck = \"x\"\n"), &["given several times"]);
}

#[test]
fn deployments_say_who_can_deploy_what() {
    let actor = "artefact = \"{contracts}/svm/actor/actor.so\"";
    let deploy = |rest: &str| refused_in_the_lane(&format!("deploy = \"actor\"\n{actor}\n{rest}"));
    all_of(deploy("from = \"alice\""), &["`alice` cannot deploy a Solana program", "leave `from` out"]);
    all_of(deploy("authority = \"carol\""), &["`authority` belongs to programs that a keypair deploys"]);
    all_of(deploy("from = \"carol\"\nauthority = \"pool\""), &["`pool` cannot sign"]);
    all_of(deploy("from = \"carol\"\nmax_len = 5"), &["`actor` has 12440 bytes, which is more than `max_len`"]);
    all_of(deploy("from = \"carol\"\ngas = 5"), &["the loader's transactions take no `gas`"]);
    let id = "id = \"GhtQ6m4fDtxeZ9KZH4JPCkPTaRAqXXtNKD2rWwgoXhxN\"";
    all_of(deploy(&format!("from = \"carol\"\n{id}")), &["the id of `actor` must be able to sign", "leave `id` out"]);
    let token = "artefact = \"{contracts}/evm/token/Token.json\"";
    all_of(
        refused_in_the_lane(&format!("deploy = \"t\"\n{token}\nfrom = \"carol\"\nargs = [\"T\", \"T\", 5]")),
        &["the keypair `carol` cannot create `t`", "name an account"],
    );
    let only_a_keypair = "[keys]\ncarol = { keypair = true }\n[[step]]\ndeploy = \"t\"\n";
    all_of(
        refused(&format!("{only_a_keypair}{token}\nargs = [\"T\", \"T\", 5]\n")),
        &["the keypair `carol` cannot create `t`", ":4:10"],
    );
    let upgrade = |name: &str, rest: &str| refused_in_the_lane(&format!("upgrade = \"{name}\"\n{rest}"));
    all_of(upgrade("token", &format!("{actor}\nfrom = \"carol\"")), &["`token` is no Solana program"]);
    all_of(upgrade("acter", actor), &["no account or contract `acter`"]);
    all_of(upgrade("spl-memo", &format!("{token}\nfrom = \"carol\"")), &["the new code is no Solana program"]);
    all_of(upgrade("spl-memo", actor), &["no keypair signs the transaction"]);
    all_of(upgrade("spl-memo", &format!("{actor}\nid = \"x\"")), &["a `upgrade`, has no key `id`"]);
}

#[test]
fn a_step_that_stops_the_scenario_says_why_in_run_test_and_json() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "scenario.toml",
        "[accounts]\nalice = \"1 ether\"\n[[step]]\ndeploy = \"weird\"\nartefact = \"{cases}/weird.hex\"\n\
         abi = \"{cases}/IWeird.abi.json\"\n[[step]]\ncall = \"weird.transfer\"\nargs = [\"alice\", 1]\nsave = \"ok\"\n\
         [[step]]\ncall = \"weird.transfer\"\nargs = [\"alice\", 999]\n",
    );
    for command in ["run", "test"] {
        let ran = sandbox.hexapla(&[command, "."]).exits(1);
        assert!(ran.stderr.contains("step 2: save ok is not as expected"), "{command}: {}", ran.stderr);
    }
    let document = sandbox.hexapla(&["run", ".", "--json"]).exits(1).json();
    assert_eq!((&document["stoppedAt"], &document["ok"]), (&2.into(), &false.into()));
    let checks = document["steps"][1]["checks"].as_array().unwrap().clone();
    assert!(checks.iter().any(|check| check["holds"] == false), "{checks:?}");
}

#[test]
fn an_expectation_that_nothing_is_compared_with_is_refused() {
    let program =
        "[[step]]\ndeploy = \"p\"\nartefact = \"{contracts}/svm/actor/actor.so\"\nexpect = { reverts = \"x\" }\n";
    all_of(refused(&format!("{HEAD}{program}")), &["`reverts` compares a transaction", "leave it out"]);
    let both = "call = \"token.name\"\nexpect = { returns = \"T\", reverts = \"x\" }";
    all_of(refused_step(both), &["`returns` is compared where a step succeeds"]);
}

#[test]
fn a_contract_name_means_one_contract_or_none() {
    let sandbox = Sandbox::new();
    let contract = "{ \"abi\": [], \"evm\": { \"bytecode\": { \"object\": \"00\" } } }";
    let standard =
        format!("{{ \"contracts\": {{ \"a.sol\": {{ \"C\": {contract} }}, \"b.sol\": {{ \"C\": {contract} }} }} }}");
    sandbox.write("several.json", &standard);
    sandbox.write("one.json", "{ \"contractName\": \"C\", \"abi\": [], \"bytecode\": \"0x00\" }");
    let of = |file: &str, name: &str| {
        let step = format!("[[step]]\ndeploy = \"c\"\nartefact = \"{file}.json\"\ncontract = \"{name}\"\n");
        sandbox.write("scenario.toml", &format!("{HEAD}{step}"));
        sandbox.hexapla(&["run", "."])
    };
    all_of(of("several", "C").exits(2), &["a.sol:C", "b.sol:C", "contract = "]);
    of("several", "b.sol:C").exits(0);
    of("several", "D").exits(2);
    of("one", "C").exits(0);
    all_of(of("one", "D").exits(2), &["D", "C"]);
}

#[cfg(unix)]
#[test]
fn files_without_an_end_are_not_read_to_it() {
    let sandbox = Sandbox::new();
    let large = std::fs::File::create(sandbox.path().join("large.so")).unwrap();
    large.set_len(20 << 30).unwrap();
    for args in [
        &["check", "large.so"][..],
        &["abi", "inspect", "/dev/zero"],
        &["bind", "large.so", "--to", "solidity"],
        &["verify-proof", "/dev/zero", "--root", &format!("0x{}", "00".repeat(32))],
        &["run", "/dev/zero"],
    ] {
        sandbox.hexapla(args).exits(2).says("bytes");
    }
    std::os::unix::fs::symlink("nowhere", sandbox.path().join("gone.scenario.toml")).unwrap();
    sandbox.hexapla(&["test"]).exits(2).says("gone.scenario.toml");
}
